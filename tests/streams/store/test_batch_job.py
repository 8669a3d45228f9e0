"""The batch: arms as the reference has them, a check that notices one wrong value, alerts that stay."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from producers.imports.events import pseudonym_of
from schemas.events import AlertRaised, AlertSuperseded, ParticipantEnrolled
from schemas.identity import event_id
from schemas.study import Study
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.records.full_record import CheckIn, Prompt, Series
from streams.safety.chart_alerts import Raised, follow
from streams.statistics.contrast import Modelled
from streams.statistics.report import StudyReport
from streams.statistics.result import Interval, Reason
from streams.store.batch_job import Batch, compute, keep
from streams.store.group_report import Wanted, group_report
from streams.store.outcomes import Outcome
from streams.store.series import read_series
from streams.store.writer import asking
from tests.conftest import DEMO
from wellstream.operations.imports import Memory, events_in, summaries

pytestmark = pytest.mark.slow  # a simulated study in DuckDB takes seconds

GOLDEN = Path(__file__).parents[2] / "golden"
MOOD = Outcome("Mood (valence)", "mean", "valence")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
VALUES = json.loads((GOLDEN / "golden.json").read_text())["values"]


@pytest.fixture(scope="module")
def memory() -> Memory:
    return Memory(*events_in(GOLDEN / "checkins.csv", GOLDEN / "study.yaml", GOLDEN / "map.yaml"))


@pytest.fixture(scope="module")
def batch(memory: Memory) -> Batch:
    return compute(asking(memory.connection), NOW)[0]


@pytest.mark.slow
def test_the_pooled_change_is_the_references(batch: Batch) -> None:
    pooled = batch.reports[0].of(MOOD.name).changes[-1]
    expected = {part: VALUES[f"/group/meta_REML_KNHA/{part}"] for part in ("est", "ci/0", "ci/1")}
    assert pooled.people == 10
    assert pooled.interval is not None
    for found, name in (
        (pooled.estimate, "est"),
        (pooled.interval.low, "ci/0"),
        (pooled.interval.high, "ci/1"),
    ):
        assert found == pytest.approx(expected[name]["value"], abs=expected[name]["tol"])


def test_who_moves_to_another_arm_stays_in_the_first_one() -> None:
    study, events = events_in(GOLDEN / "checkins.csv", GOLDEN / "study.yaml", GOLDEN / "map.yaml")
    enrolled = next(event for event in events if isinstance(event, ParticipantEnrolled))
    moved = enrolled.model_copy(
        update={
            "event_id": event_id("moved"), "arm": "waitlist",
            "occurred_at": enrolled.occurred_at + timedelta(days=7),
        }
    )  # fmt: skip
    memory = Memory(study, [*events, moved])
    records = read_series(memory.query, study, Versions([study]))
    mine = next(one for one in records if one.participant == enrolled.participant)
    assert mine.arm == enrolled.arm != "waitlist"
    people = memory.query("select arm, first_arm from participants where moved_arm")
    assert [tuple(row) for row in people.to_numpy()] == [("waitlist", enrolled.arm)]


def test_models_are_fitted_where_there_is_enough(batch: Batch) -> None:
    assert batch.models is not None
    study, mine = batch.study, [term for term in batch.models.terms if term.measure == "valence"]
    mixed = [term for term in mine if term.model == "mixed_model"]
    assert [term.reason for term in mixed] == ["too_few"]
    own = {t.term: t for t in mine if t.participant == pseudonym_of(study, "P01")}
    assert list(own) == ["level", "trend", "step", "bend"]
    assert {term.rows for term in own.values()} == {VALUES["/group/its_P01/n"]["value"]}
    assert all((term.low or 0) < (term.estimate or 0) < (term.high or 0) for term in own.values())


def test_arms_of_three_people_are_hidden(batch: Batch) -> None:
    found = batch.reports[0].of(MOOD.name)
    assert [change.estimate for change in found.changes[:-1]] == [None] * 4
    assert {contrast.reason for contrast in found.contrasts} == {Reason.SUPPRESSED}


def test_an_effect_is_only_what_was_randomised(memory: Memory, batch: Batch) -> None:
    content = batch.study.model_dump()
    for arm in content["arms"]:
        arm["phases"][1]["randomised"] = True
    randomised = Study.model_validate(content)
    for study, words in ((batch.study, "difference in change"), (randomised, "effect of")):
        made = group_report(asking(memory.connection), study, Versions([batch.study]), Wanted(), [])
        assert {one.claim.value for one in made.of(MOOD.name).contrasts} == {words}


def test_the_outcome_replaces_the_one_before(memory: Memory, batch: Batch) -> None:
    for _ in range(2):
        keep(memory.connection, [batch], NOW)
    count = memory.query("select count(*) as n, count(value) as defined from summaries").iloc[0]
    mine = summaries(memory.query, batch.study)
    assert (count["n"], count["defined"]) == (len(mine), sum(row.value is not None for row in mine))
    assert int(memory.query("select count(*) as n from drift")["n"][0]) == 1


def test_the_mixed_models_of_contrasts_stay_until_they_are_fitted_again(memory: Memory, batch: Batch) -> None:
    shown = batch.study.model_copy(update={"id": "shown"})
    fitted = Modelled(0.5, Interval(0.25, 0.75), 0.04)
    for modelled, models in ((fitted, batch.models), (Modelled(None, None, None, Reason.NOT_FITTED), None)):
        reports = [with_models(one, modelled) for one in batch.reports]
        keep(memory.connection, [replace(batch, study=shown, reports=reports, models=models)], NOW)
    kept = memory.query(
        "select distinct mixed_estimate, mixed_low, mixed_reason from contrasts where study = 'shown'"
    )
    assert [tuple(row) for row in kept.to_numpy()] == [(0.5, 0.25, None)]


def with_models(made: StudyReport, modelled: Modelled) -> StudyReport:
    outcomes = tuple(
        replace(one, contrasts=tuple(replace(c, modelled=modelled) for c in one.contrasts))
        for one in made.outcomes
    )
    return replace(made, outcomes=outcomes)


def test_one_wrong_value_is_noticed(memory: Memory, batch: Batch) -> None:
    assert not batch.drift.different
    assert batch.drift.compared > 10_000
    connection = memory.connection
    connection.execute("begin")
    some = "indicator = 'sd' and window_length = '1d' and value between 0.1 and 0.9"
    connection.execute(
        f"update indicator_values set value = value + 1e-15 where {some} "
        f"and checkin = (select min(checkin) from indicator_values where {some})"
    )
    drifted = compute(asking(connection), NOW)[0].drift
    connection.execute("rollback")
    assert len(drifted.different) == 1
    assert drifted.still(batch.drift).different == frozenset()
    assert drifted.still(drifted) == drifted


def person(shift: float, corrected: float | None = None) -> Series:
    """Twenty baseline days around 5, then five around `5 + shift`; the last day may be corrected."""
    prompts = []
    for day in range(1, 26):
        level = 5 + 0.3 * (-1) ** day + (shift if day > 20 else 0)
        for beep in (1, 2):
            score = corrected if corrected is not None and day == 25 else level
            at = NOW + timedelta(days=day, hours=4 * beep)
            prompts.append(
                Prompt(
                    id=f"{day}-{beep}",
                    day=day,
                    beep=beep,
                    scheduled=at,
                    answer=CheckIn(day, "A" if day <= 20 else "B", submitted=at, answers={"mood": score}),
                )
            )
    return Series.of("p-0123456789abcdef", "cbt", "Europe/Brussels", prompts)


def test_an_alert_stays_and_is_marked_when_a_correction_ends_it() -> None:
    study = load_study(DEMO)
    assert follow([person(0)], study, [], NOW) == []
    first = follow([person(0, corrected=9)], study, [], NOW)
    raised = [event for event in first if isinstance(event, AlertRaised)]
    assert raised == first
    assert {(event.chart, event.study_day) for event in raised} >= {("shewhart", 25)}
    before = [Raised(e.event_id, (e.participant, e.chart, e.study_day), holds=True) for e in raised]
    assert follow([person(0, corrected=9)], study, before, NOW) == []
    over = follow([person(0)], study, before, NOW)
    assert {e.alert for e in over if isinstance(e, AlertSuperseded)} == {e.event_id for e in raised}
    ended = [Raised(one.id, one.key, holds=False) for one in before]
    again = follow([person(0, corrected=9)], study, ended, NOW)
    assert len(again) == len(raised)
    assert not {event.event_id for event in again} & {event.event_id for event in raised}
