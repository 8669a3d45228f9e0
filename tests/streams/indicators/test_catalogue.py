"""The catalogue is whole, agrees with what is computed, and its page is up to date."""

from dataclasses import fields

import pytest

from schemas.events import Undefined
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.indicators import reference_page as page
from streams.indicators.catalogue import CATALOGUE, entry_of
from streams.indicators.entry import Indicator
from streams.indicators.rolling import rolling
from streams.records.timeline import CheckInRecord, History
from tests.conftest import DEMO


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
    assert live == {entry.id for entry in CATALOGUE if entry.rolling}


def test_the_page_is_that_of_the_catalogue() -> None:
    written = page.PAGE.read_text(encoding="utf-8")
    assert written == page.page(), "run: uv run python -m streams.indicators.reference_page"


def test_every_reason_is_explained() -> None:
    assert set(page.REASONS) == set(Undefined)
