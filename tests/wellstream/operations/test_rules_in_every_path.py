"""Every rule about check-ins in docs/concepts.md holds live, in a rebuild, a report, a file and an export."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import pytest

from schemas.base import CheckIns
from schemas.events import CheckInSubmitted
from streams.statistics.claims import Claim
from streams.statistics.result import Reason
from streams.store.series import read_series
from tests.wellstream.operations.rule_paths import Paths, Values
from tests.wellstream.operations.rule_scenarios import CHANGES, MOOD, PEOPLE, SCENARIOS, Expected, Scenario

pytestmark = pytest.mark.slow  # a store for each scenario takes seconds

CONCEPTS = Path(__file__).parents[3] / "docs" / "concepts.md"
BY_NAME = {one.name: one for one in SCENARIOS}


class Walk(NamedTuple):
    """A scenario, and what the five paths made of it."""

    scenario: Scenario
    paths: Paths


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Scenario], Walk]]:
    """Walks each scenario once: pytest would do it again for every test that names its own."""

    @cache
    def paths_of(name: str) -> Paths:
        one = BY_NAME[name]
        made.append(Paths(one.studies, one.events, tmp_path_factory.mktemp("rules"), datetime.now(UTC)))
        return made[-1]

    made: list[Paths] = []
    yield lambda one: Walk(one, paths_of(one.name))
    for paths in made:
        paths.close()


@pytest.fixture(scope="module", params=SCENARIOS, ids=lambda one: one.name)
def walk(request: pytest.FixtureRequest, walked: Callable[[Scenario], Walk]) -> Walk:
    return walked(request.param)


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("walk", [BY_NAME[name]], indirect=True, ids=[name])


def agree(found: Mapping[str, Values], expected: Mapping[str, Expected]) -> None:
    assert set(found) == set(expected)
    for who, wanted in expected.items():
        for key, one in wanted.items():
            there = found[who][key]
            if one.n_pairs is None:
                there = there._replace(n_pairs=None)
            assert there[1:] == one[1:], (who, key)
            assert there.value == pytest.approx(one.value), (who, key)


def whole(scenario: Scenario) -> dict[str, Expected]:
    return {who: {**one, **scenario.whole} for who, one in scenario.of_each().items()}


def agree_in_week_1(scenario: Scenario, cell: Callable[[str, str, str], Mapping[str, Any] | None]) -> None:
    """The first week has the mean over people, how many they are, and their observations."""
    everybody = list(scenario.of_each().values())
    for key in everybody[0]:
        mine = [scenario.first_week.get(key, one[key]) for one in everybody]
        indicator, *which = key[0].split("/")
        found = cell(indicator, key[1], which[0] if which else CheckIns.BOTH.value)
        values = [one.value for one in mine if one.value is not None]
        if not values:
            assert found is None, key
            continue
        assert found is not None, key
        observations = sum(one.n for one in mine) if indicator == "mean" else len(mine)
        assert (found["people"], found["observations"]) == (len(mine), observations), key
        assert found["mean"] == pytest.approx(sum(values) / len(values)), key


def agree_in_scores(walk: Walk) -> None:
    """The exported scores are those behind the means of whole records."""
    scores = walk.paths.sheet("scores")
    for who, expected in whole(walk.scenario).items():
        for (name, scale), one in expected.items():
            indicator, *which = name.split("/")
            if indicator != "mean":
                continue
            mine = [
                row["score"]
                for row in scores
                if (row["participant"], row["measure"]) == (who, scale)
                and (not which or row["prompted"] == (which[0] == CheckIns.PROMPTED.value))
            ]
            assert len(mine) == one.n, (who, name)
            assert (fmean(mine) if mine else None) == pytest.approx(one.value), (who, name)


def test_every_rule_has_a_scenario() -> None:
    section = CONCEPTS.read_text(encoding="utf-8").split("\n## Check-ins\n")[1].split("\n## ")[0]
    rules = re.findall(r"^- \*\*(.+?)\*\*", section, re.MULTILINE)
    assert len(rules) == len(re.findall("^- ", section, re.MULTILINE))
    assert set(rules) == {one.rule for one in SCENARIOS}


def test_live(walk: Walk) -> None:
    expected = walk.scenario.of_each()
    *of_one, of_all = (order.values(walk.scenario.window) for order in walk.paths.live)
    for found in of_one:
        agree(found, {who: expected[who] for who in found})
    agree(of_all, expected)


def test_rebuild(walk: Walk) -> None:
    agree(walk.paths.rebuilt(walk.scenario.window), walk.scenario.of_each())
    assert walk.paths.after == walk.paths.before


def test_report(walk: Walk) -> None:
    def cell(indicator: str, scale: str, which: str) -> Mapping[str, Any] | None:
        report = walk.paths.report(f"{indicator}/{scale}" if scale else indicator, CheckIns(which))
        return next((c.row() for c in report.weeks if (c.arm, c.week) == (walk.scenario.arm, 1)), None)

    agree_in_week_1(walk.scenario, cell)


def test_file(walk: Walk) -> None:
    agree(walk.paths.whole(), whole(walk.scenario))
    if not walk.scenario.no_file:
        agree(walk.paths.of_file(), whole(walk.scenario))


def test_export(walk: Walk) -> None:
    agree(walk.paths.exported_live(walk.scenario.window), walk.scenario.of_each())
    agree(walk.paths.exported_whole(), whole(walk.scenario))
    weeks = {
        tuple(row[name] for name in ("indicator", "scale", "checkins", "arm", "week")): row
        for row in walk.paths.sheet("weeks")
    }
    agree_in_scores(walk)
    arm = walk.scenario.arm or "all arms"
    agree_in_week_1(walk.scenario, lambda *of: weeks.get((*of, arm, 1)))


@of("corrected")
def test_a_correction_keeps_its_time_and_every_version_is_kept(walk: Walk) -> None:
    submitted = [one for one in walk.scenario.events if isinstance(one, CheckInSubmitted)]
    stored = walk.paths.query("select event_id from checkin_versions")["event_id"]
    assert sorted(stored) == sorted(str(one.event_id) for one in submitted)
    first = {str(one.checkin): one.occurred_at for one in submitted if one.version == 1}
    exported = walk.paths.sheet("checkins")
    assert {row["checkin"]: row["occurred_at"] for row in exported} == first
    assert sorted(row["version"] for row in exported) == sorted([1] * 60 + [2] * 5 + [3] * 5)


@of("a changed scale and a removed item")
def test_a_report_says_what_it_left_out(walk: Walk) -> None:
    for outcome, left in (("mean/valence", 30), ("mean/positive_affect", 30), ("mean/stress", None)):
        report = walk.paths.report(outcome)
        assert (report.left_out.checkins if report.left_out else None) == left
        rows = [row for row in walk.paths.sheet("changes") if f"mean/{row['scale']}" == outcome]
        assert {row["checkins_left_out"] for row in rows} == {left}
        assert {row["versions_left_out"] for row in rows} == {"rules@1" if left else None}
        if left:
            assert {one.estimate for one in report.changes} == {row["estimate"] for row in rows} == {None}


@of("moved")
def test_who_moves_stays_in_the_arm_of_enrolment(walk: Walk) -> None:
    for row in walk.paths.sheet("participants"):
        assert (row["first_arm"], row["arm"], row["moved_arm"]) == ("one", "two", True)
    assert {row["first_arm"] for row in walk.paths.sheet("checkins")} == {"one"}
    study, known = walk.paths.study, walk.paths.known
    assert {one.arm for one in read_series(walk.paths.query, study, known)} == {"one"}
    weeks = [one for one in walk.paths.sheet("weeks") if one["arm"] == "two"]
    assert {row["people"] for row in weeks} == {0}


@pytest.mark.parametrize(
    "walk",
    [
        BY_NAME[name]
        for name in ("joined ten days apart", "a check-in on the day before", "prompts after midnight")
    ],
    indirect=True,
    ids=lambda one: one.name,
)
def test_there_is_one_study_week(walk: Walk) -> None:
    assert {one.week for one in walk.paths.report("mean/valence").weeks} == {1}
    assert {row["week"] for row in walk.paths.sheet("weeks")} == {1}


@of("people who differ")
def test_report_tables_and_export_are_one_computation(walk: Walk) -> None:
    exported = {name: walk.paths.sheet(name) for name in ("weeks", "changes")}
    for outcome in walk.paths.data.outcomes():
        report = walk.paths.report(outcome.name)
        for name, cells in (("weeks", report.weeks), ("changes", report.changes)):
            key = {"indicator": outcome.indicator, "scale": outcome.scale}
            mine = [key | row for row in report.table(cells)]
            assert [row for row in exported[name] if row.items() >= key.items()] == mine
            stored = walk.paths.stored(f"arm_{name}", **key)
            assert sorted(stored, key=str) == sorted(mine, key=str)
    changes = {one.phase: one for one in walk.paths.report("mean/valence").changes if one.arm == "one"}
    assert changes["CBT"].estimate == pytest.approx(sum(CHANGES) / 5)


@of("two randomised arms")
def test_only_a_contrast_of_randomised_arms_is_an_effect(walk: Walk) -> None:
    report = walk.paths.report("mean/valence")
    intervention, follow_up = report.contrasts
    assert (intervention.claim, follow_up.claim) == (Claim.EFFECT, Claim.EFFECT)
    assert (intervention.arm, intervention.reference) == ("two", "one")
    assert (intervention.people, intervention.people_reference) == (5, 5)
    assert intervention.estimate == pytest.approx(3.6 - 2)
    exported = [row for row in walk.paths.sheet("contrasts") if (row["indicator"], row["scale"]) == MOOD]
    for row, there in zip(exported, report.table(report.contrasts), strict=True):
        # The export fits the mixed models, too.
        assert row.items() >= {name: one for name, one in there.items() if "mixed" not in name}.items()
    assert not [row for row in walk.paths.sheet("changes") if "claim" in row]


@of("four people in an arm")
def test_a_small_arm_is_hidden_with_what_would_tell(walk: Walk) -> None:
    sheets = {name: walk.paths.sheet(name) for name in ("weeks", "changes", "contrasts")}
    mine = {
        name: [row for row in sheets[name] if (row["indicator"], row["scale"]) == MOOD] for name in sheets
    }
    phases = [row for row in mine["changes"] if row["kind"] == "intervention"]
    contrast, _ = mine["contrasts"]
    for row in (*mine["weeks"], *phases, contrast):
        shown = {
            row[name] for name in ("people", "mean", "estimate", "low", "p") if row.get(name) is not None
        }
        assert (row["arm"] == "all arms") == bool(shown), row
        if not shown:
            assert row["reason"] == Reason.SUPPRESSED.value
    assert contrast["claim"] == Claim.DIFFERENCE.value
    report = walk.paths.report("mean/valence").weeks
    assert {one.arm: one.people for one in report} == {"one": None, "two": None, None: 9}


@of("two weeks ago")
def test_a_stale_value_is_not_current(walk: Walk) -> None:
    rows = walk.paths.current(*MOOD)
    assert [(row["participant"], row["window_length"]) for row in rows] == [
        (who, length) for who in PEOPLE for length in ("1d", "28d", "7d")
    ]
    quiet = {row["days_since_checkin"] for row in rows}
    assert quiet in ({13}, {14})  # the week began on the morning of a day, and it may be any hour now
    assert quiet == {int(walk.paths.data.person(who)["days_since_checkin"]) for who in PEOPLE}
    for row in rows:
        fresh = row["window_length"] == "28d"
        assert (row["value"], row["n"], row["reason"]) == ((4, 14, None) if fresh else (None, 0, "no_data"))
