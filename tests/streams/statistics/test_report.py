"""The group report: what it shows, what it hides, and that the order of rows does not matter."""

import random
from dataclasses import replace

import numpy as np
import pytest

from streams.statistics.disclosure_control import Audience
from streams.statistics.means import IntervalMethod
from streams.statistics.plan import Plan, PlannedArm, PlannedOutcome, PlannedPhase
from streams.statistics.report import Observed, Report
from streams.statistics.report import report as study_report
from streams.statistics.result import Reason
from streams.statistics.rows import Row

PHASES = (PlannedPhase("baseline", "baseline"), PlannedPhase("intervention", "therapy"))
ARMS = tuple(PlannedArm(name, PHASES) for name in ("cbt", "music", "waitlist"))
VALENCE = PlannedOutcome("valence", scores=True)
PLAN = Plan((VALENCE,), ARMS, "waitlist", Audience.PUBLIC, models=False)


def report(rows: list[Row], plan: Plan) -> Report:
    return study_report({"valence": Observed(rows)}, plan, {"valence"}).of("valence")


def rows(sizes: dict[str, int], gains: dict[str, float]) -> list[Row]:
    draw = np.random.default_rng(7)
    found = []
    for arm, size in sizes.items():
        for k in range(size):
            own = draw.normal(5, 1)
            for day in range(28):
                phase = "baseline" if day < 14 else "intervention"
                gain = gains[arm] * (phase == "intervention")
                value = float(own + gain + draw.normal())
                label = "therapy" if phase == "intervention" else "baseline"
                found.append(Row(f"{arm}{k:02}", arm, phase, day + 1, value, label))
    return found


ROWS = rows({"cbt": 25, "music": 12, "waitlist": 14}, {"cbt": 1.0, "music": 0.5, "waitlist": 0.0})
SMALL = rows({"cbt": 25, "music": 4, "waitlist": 14}, {"cbt": 1.0, "music": 0.5, "waitlist": 0.0})


@pytest.fixture(scope="module")
def whole() -> Report:
    return report(ROWS, PLAN)


def test_weeks_begin_on_the_first_day_and_have_all_arms(whole: Report) -> None:
    assert [cell.arm for cell in whole.weeks] == ["cbt", "music", "waitlist", None] * 4
    assert sorted({cell.week for cell in whole.weeks}) == [1, 2, 3, 4]


def test_a_weekly_mean_is_over_people(whole: Report) -> None:
    cell = whole.weeks[0]
    inside = [row for row in ROWS if row.arm == "cbt" and row.day <= 7]
    own = [np.mean([r.value for r in inside if r.participant == p]) for p in {r.participant for r in inside}]
    assert cell.mean == pytest.approx(np.mean(own))
    assert cell.interval is not None
    assert cell.mean is not None
    assert cell.interval.low < cell.mean < cell.interval.high
    assert (cell.people, cell.observations, cell.method) == (25, 175, IntervalMethod.SKEWNESS_ADJUSTED_T)
    assert whole.weeks[1].method is IntervalMethod.SKEWNESS_ADJUSTED_T


def test_change_in_each_arm(whole: Report) -> None:
    for found, gain in zip(whole.changes, (1.0, 0.5, 0.0), strict=False):
        assert found.interval is not None
        assert found.interval.low < gain < found.interval.high
        assert found.p_adjusted is not None
        assert found.p is not None
        assert found.p <= found.p_adjusted
    assert [found.people for found in whole.changes] == [25, 12, 14, 51]
    assert whole.changes[-1].p_adjusted is None


def test_a_small_arm_is_hidden_and_cannot_be_subtracted() -> None:
    found = report(SMALL, PLAN)
    hidden = [cell for cell in found.weeks[:4] if cell.reason is Reason.SUPPRESSED]
    assert [cell.arm for cell in hidden] == ["music", "waitlist"]
    assert {(cell.mean, cell.interval, cell.people, cell.observations) for cell in hidden} == {(None,) * 4}
    assert [one.arm for one in found.changes if one.reason is Reason.SUPPRESSED] == ["music", "waitlist"]
    assert {
        (one.estimate, one.interval, one.p, one.tau2, one.people)
        for one in found.changes
        if one.reason is Reason.SUPPRESSED
    } == {(None,) * 5}


def test_staff_see_smaller_cells() -> None:
    found = report(
        rows({"cbt": 6, "music": 5}, {"cbt": 0.0, "music": 0.0}),
        replace(PLAN, audience=Audience.STAFF),
    )
    assert [cell.people for cell in found.weeks[:4]] == [6, 5, 0, 11]
    assert found.weeks[2].reason is Reason.NO_DATA


def test_a_person_without_a_usable_change_is_left_out() -> None:
    gone = [row for row in ROWS if row.participant != "cbt00" or row.phase == "baseline"]
    found = report(gone, PLAN)
    assert found.changes[0].people == 24
    assert found.changes[0].left_out is None


def test_the_order_of_rows_is_nothing_to_it(whole: Report) -> None:
    shuffled = list(ROWS)
    random.Random(3).shuffle(shuffled)
    assert report(shuffled, PLAN) == whole


def test_no_rows_make_an_empty_report() -> None:
    found = report([], PLAN)
    assert found.weeks == ()
    assert {one.reason for one in found.changes} == {Reason.NO_DATA}


def test_rows_that_contradict_the_plan_are_refused() -> None:
    with pytest.raises(ValueError, match="not in the plan"):
        report([replace(ROWS[0], arm="yoga")], PLAN)
    with pytest.raises(ValueError, match="two arms"):
        report([ROWS[0], replace(ROWS[0], arm="music")], PLAN)


def test_each_phase_of_an_arm_is_reported_and_hidden_with_its_kind() -> None:
    kinds = ("baseline", "intervention", "intervention", "follow-up")
    phases = tuple(map(PlannedPhase, kinds, ("baseline", "yoga", "music", "follow-up")))
    plan = replace(
        PLAN, arms=(PlannedArm("cbt", phases), PlannedArm("waitlist", phases)), audience=Audience.STAFF
    )
    sizes = {"cbt": (8, 7, 3), "waitlist": (6, 6, 6)}
    found = [
        Row(f"{arm}{k}", arm, phase.kind, 10 * place + day, day + place + k / 9, phase.label)
        for arm, people in sizes.items()
        for place, (phase, size) in enumerate(zip(phases, (9, *people), strict=True))
        for k in range(size)
        for day in range(1, 7)
    ]
    made = {(one.arm, one.phase): one for one in report(found, plan).changes}
    assert {key: one.people for key, one in made.items()} == {
        ("cbt", "yoga"): 8, ("cbt", "music"): 7, ("cbt", "intervention (all)"): 8, ("cbt", "follow-up"): None,
        ("waitlist", "yoga"): 6, ("waitlist", "music"): 6, ("waitlist", "intervention (all)"): 6,
        ("waitlist", "follow-up"): None,
        (None, "intervention"): 14, (None, "follow-up"): 9,
    }  # fmt: skip


def test_values_of_weeks_change_by_the_mean_over_people() -> None:
    weekly = [
        Row(f"cbt{k}", "cbt", phase, day, value + k / 10, "therapy" if phase == "intervention" else "")
        for k in range(5)
        for phase, day, value in (("baseline", 7, 2.0), ("", 15, 9.0), ("intervention", 21, 3.0 + k))
    ]
    arms = (PlannedArm("cbt", PHASES),)
    plan = replace(
        PLAN, outcomes=(replace(VALENCE, scores=False),), arms=arms, reference="cbt", audience=Audience.STAFF
    )
    found = report(weekly, plan).changes[0]
    assert found.estimate == pytest.approx(3.0)
    assert (found.people, found.method) == (5, IntervalMethod.SKEWNESS_ADJUSTED_T)
