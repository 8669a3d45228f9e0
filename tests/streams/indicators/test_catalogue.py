"""The catalogue is complete, agrees with what is computed, and its page is up to date."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from schemas.events import Undefined
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.indicators import reference_page as page
from streams.indicators.catalogue import CATALOGUE, entry_of
from streams.indicators.entry import Indicator
from streams.indicators.full_record import indicators_of
from streams.indicators.measures import change, early_warning
from streams.indicators.rolling import rolling
from streams.records.full_record import Series
from streams.records.item_roles import CHECKINS
from streams.records.timeline import CheckInRecord, History
from tests.conftest import DEMO
from wellstream.operations.checkin_file import read_checkins

GOLDEN = Path(__file__).parents[2] / "golden"
BY_HAND = {
    "early_warnings/kendall_ar1": "early_warning.early_warnings",
    "early_warnings/kendall_acf1": "early_warning.early_warnings",
    "early_warnings/kendall_sd": "early_warning.early_warnings",
    "pac_rise30pct": "instability.pac",
    "pac_drop30pct": "instability.pac",
    "pac_ge_p90": "instability.pac",
    "pac_rise_p90": "instability.pac",
    "pac_drop_p90": "instability.pac",
    "ar1_slope_bias": "inertia.slope_bias",
    "na_differentiation": "differentiation.differentiation",
    "na_differentiation_agreement": "differentiation.differentiation",
    "pa_icc31": "differentiation.icc",
    "pa_icc3k": "differentiation.icc",
    "pa_icc21": "differentiation.icc",
    "pa_icc2k": "differentiation.icc",
    "pa_differentiation": "differentiation.differentiation",
    "pa_differentiation_agreement": "differentiation.differentiation",
    "coping_evenness": "coping.evenness",
    "coping_within_sd": "coping.within_sd",
    "coping_between_sd": "coping.between_sd",
    "coping_efficacy": "coping.efficacy",
    "diurnal": "diurnal.bins",
    "longest_missed_run": "compliance.longest_gap",
    "careless_fast": "careless.is_fast",
    "careless_flat": "careless.is_flat",
    "careless_mode": "careless.is_modal",
    "spc/z": "control_charts.chart",
    "spc/ewma_signals": "control_charts.signals",
    "spc/cusum_signals": "control_charts.signals",
    "spc/shewhart_signals": "control_charts.signals",
}
"""Entries without a value in the golden files, and the function whose values were worked out by hand."""


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.id)
def test_an_entry_says_everything(entry: Indicator) -> None:
    texts = [getattr(entry, field.name) for field in fields(Indicator) if field.type is str]
    assert all(text.strip() for text in texts)
    assert 0 <= entry.minimum_day <= entry.minimum
    assert entry.minimum_whole <= entry.minimum


def test_ids_are_unique() -> None:
    assert len({entry.id for entry in CATALOGUE}) == len(CATALOGUE)


def test_a_part_after_a_slash_belongs_to_the_entry_before_it() -> None:
    found = [entry_of(name) for name in ("mean", "spc/ewma/3", "coping_counts/creative", "spc", "joy")]
    assert [entry and entry.id for entry in found] == ["mean", "spc/ewma", "coping_counts", None, None]


def test_what_is_marked_live_is_what_is_computed_live() -> None:
    study = load_study(DEMO)
    checkin = CheckInRecord(at=0, id="a", study=study.ref, scores={"valence": 5.0})
    live = {v.indicator for v in rolling(History.of([], [checkin]), Versions([study]), checkin)}
    whole = {entry.id for entry in CATALOGUE if entry.rolling}
    parts = {entry.id for entry in CATALOGUE if entry.rolling and entry.by_checkin}
    both = {f"{name}/{which}" for name in parts for which in ("prompted", "own_initiative")}
    assert live == whole | both


FROZEN = replace(
    CHECKINS,
    scales={**CHECKINS.scales, "valence": replace(CHECKINS.scales["valence"], acute_change=2.5)},
)
"""The layout of files, for a study that states from where on a change of valence is acute."""

RESERVED = {
    *(entry.id for entry in vars(change).values() if isinstance(entry, Indicator)),
    early_warning.AR1.id,
    early_warning.ACF1.id,
    early_warning.SD.id,
}
"""Those about instruments, and the rolling series whose trends a whole record has."""


def twice(person: Series) -> Series:
    """The person's prompts, and the same again after them: as they are, they are too few for some."""
    later = [replace(prompt, id=f"{prompt.id}-2", day=prompt.day + 14) for prompt in person.prompts]
    return Series.of(person.participant, person.arm, person.zone, [*person.prompts, *later])


def test_every_entry_is_computed_and_has_a_reference_value() -> None:
    people = read_checkins(GOLDEN / "checkins.csv")
    everybody = [*people, *map(twice, people)]
    rows = [row for person in everybody for row in indicators_of(person, FROZEN)]
    computed = {entry.id for row in rows if (entry := entry_of(row.indicator))}
    assert computed == {entry.id for entry in CATALOGUE} - RESERVED
    paths = json.loads((GOLDEN / "golden.json").read_text())["values"]
    names = [path.split("/", 3)[-1].replace("pac_ge3", "pac_ge30pct") for path in paths]
    by_reference = {entry.id for name in names if (entry := entry_of(name))}
    assert computed - by_reference == set(BY_HAND)
    tested = "".join(
        (Path(__file__).parent / name).read_text() for name in ("test_by_hand.py", "test_laws.py")
    )
    assert [call for call in BY_HAND.values() if f"{call}(" not in tested] == []


def test_the_page_is_that_of_the_catalogue() -> None:
    written = page.PAGE.read_text(encoding="utf-8")
    assert written == page.page(), "run: uv run python -m streams.indicators.reference_page"


def test_every_reason_is_explained() -> None:
    assert set(page.REASONS) == set(Undefined)
