"""Every value that was computed in R or another Python for one participant, a chart, or a change index.

The expected values stand in `tests/golden/golden.json`; its README has the definitions.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.events import Undefined
from streams.indicators.catalogue import entry_of
from streams.indicators.full_record import indicators_of, window_of
from streams.indicators.measures import change, early_warning, run_length
from streams.indicators.result import Result
from streams.indicators.whole_record import Row
from streams.records.full_record import Series
from streams.records.item_roles import CHECKINS
from wellstream.operations.checkin_file import read_checkins

GOLDEN = Path(__file__).parents[2] / "golden"
EXPECTED: dict[str, dict[str, Any]] = json.loads((GOLDEN / "golden.json").read_text())["values"]
OURS = ("participants", "early_warnings", "rci", "arl")
ELSEWHERE = {"group": 130, "wcls": 15, "bootstrap": 4}
"""Prefixes that the tests of the group models check, and how many values each has."""

PEOPLE = read_checkins(GOLDEN / "checkins.csv")
WINDOW_END = datetime(2024, 4, 3, 22, tzinfo=UTC)
MIN_EARLY = 20
"""Fewest answers for early warnings here; the catalogue asks for more than the 67 of the reference."""

Value = float | str | bool | None
Computed = dict[str, tuple[Value, Undefined | None]]


def prefix(path: str) -> str:
    return path.split("/")[1]


RENAMED = {"pac_ge30pct": "pac_ge3"}
"""On a scale from 0 to 10, 30 % are the reference's 3 points."""


def by_path(rows: Sequence[Row], extra: str = "") -> Computed:
    """The values of valence, which the reference has, and of what spans several scales."""
    return {
        f"/participants/{r.participant}/{extra}{RENAMED.get(r.indicator, r.indicator)}": (r.value, r.reason)
        for r in rows
        if r.scale in ("", "valence")
    }


def of_valence(rows: Sequence[Row]) -> dict[str, Row]:
    return {row.indicator: row for row in rows if row.scale in ("", "valence")}


def early_warnings(person: Series) -> Iterator[tuple[str, Value, Undefined | None]]:
    scores = [score for _, score in person.scored(CHECKINS.scales["valence"])]
    found = early_warning.early_warnings(scores, MIN_EARLY)
    yield "participant", person.participant, None
    yield "n", found.n, None
    yield "window", found.window, None
    for name in ("ar1", "acf1", "sd"):
        for place, one in enumerate(getattr(found, name)):
            yield f"{name}/{place}", one.value, one.reason
    for name in ("kendall_ar1", "kendall_acf1", "kendall_sd"):
        one = getattr(found, name)
        yield name, one.value, one.reason


def changes(name: str) -> dict[str, Value]:
    given = {part: EXPECTED[f"/rci/{name}/{part}"]["value"] for part in ("pre", "post", "sd", "r")}
    index = change.reliable_change(given["pre"], given["post"], given["sd"], given["r"])
    return given | {"rci": index.value, "reliable": change.is_reliable(index)}


def compute() -> Computed:
    computed: Computed = {}
    for person in PEOPLE:
        computed |= by_path(indicators_of(person))
        week = window_of(person, WINDOW_END, timedelta(days=7))
        computed |= by_path(week, "py_win7d_end_2024-04-03T22Z/")
    first = next(person for person in PEOPLE if person.participant == "P01")
    computed |= {f"/early_warnings/{name}": (value, why) for name, value, why in early_warnings(first)}
    cut: Result = change.clinical_cut(mean_without=60, sd_without=7.5, mean_with=40, sd_with=7.5)
    for name in ("jt1991", "phq9"):
        computed |= {f"/rci/{name}/{part}": (value, None) for part, value in changes(name).items()}
    return computed | {
        "/rci/jt1991/cut_c": (cut.value, cut.reason),
        "/arl/ewma_l02_L286": (run_length.ewma_arl(0.2, 2.86), None),
        "/arl/ewma_l01_L270": (run_length.ewma_arl(0.1, 2.70), None),
        "/arl/ewma_l02_L286_shift1": (run_length.ewma_arl(0.2, 2.86, shift=1), None),
        "/arl/cusum_k05_h5": (run_length.cusum_arl(0.5, 5), None),
    }


COMPUTED = compute()
MINE = sorted(path for path in EXPECTED if prefix(path) in OURS)


@pytest.mark.parametrize("path", MINE)
def test_golden(path: str) -> None:
    expected = EXPECTED[path]
    value, reason = COMPUTED[path]
    if expected["value"] is None:
        assert value is None
        assert isinstance(reason, Undefined)
    elif isinstance(expected["value"], str | bool):
        assert value == expected["value"]
    else:
        assert value == pytest.approx(expected["value"], rel=0, abs=expected["tol"])


def test_all_of_them_are_checked() -> None:
    assert Counter(map(prefix, MINE)) == {"participants": 896, "early_warnings": 108, "rci": 12, "arl": 4}


def test_the_others_belong_to_the_group_models() -> None:
    others = Counter(prefix(path) for path in EXPECTED if path not in set(MINE))
    assert others == ELSEWHERE


def test_every_row_has_an_entry_in_the_catalogue() -> None:
    rows = {row.indicator for person in PEOPLE for row in indicators_of(person)}
    assert not [name for name in rows if entry_of(name) is None]


def test_a_row_has_a_value_or_a_reason() -> None:
    for person in PEOPLE:
        for row in indicators_of(person):
            assert (row.value is None) == (row.reason is not None)
            assert row.value is None or row.value == row.value


def test_three_answers_give_reasons() -> None:
    (few,) = (person for person in PEOPLE if person.participant == "P12")
    rows = of_valence(indicators_of(few))
    assert (rows["mean"].value, rows["mean"].n, rows["mean"].reason) == (None, 3, Undefined.TOO_FEW)
    assert rows["mssd"].reason == Undefined.TOO_FEW_PAIRS
    assert rows["spc/center"].reason == Undefined.NO_BASELINE
    assert rows["compliance"].value == pytest.approx(3 / 70)
    assert rows["longest_missed_run"].value == 66


def test_the_same_answer_every_time_is_zero_spread_and_no_correlation() -> None:
    (same,) = (person for person in PEOPLE if person.participant == "P11")
    rows = of_valence(indicators_of(same))
    assert rows["sd"].value == 0
    assert {rows[name].reason for name in ("ar1_slope", "na_icc3k", "cosinor_amp", "nap", "spc/ucl/3")} == {
        Undefined.ZERO_VARIANCE
    }
    assert rows["careless_fast"].value == 1
