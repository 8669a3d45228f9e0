"""The score of a measure and the pairs of prompts are the same for the worker, the record and the groups."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import Measure
from schemas.events import CheckInSubmitted
from schemas.study.versions import Versions
from streams.indicators.update import to_record
from streams.records.full_record import CheckIn, Prompt, Series, marked_once_a_day
from streams.records.item_roles import Scale
from streams.records.pairs import Place, consecutive
from streams.records.scores import score
from streams.records.timeline import CheckInRecord
from streams.store.observations import observations
from streams.store.outcomes import outcomes
from streams.store.series import read_series
from wellstream.operations.imports import Memory, events_in

GOLDEN = Path(__file__).parents[2] / "golden"
AFFECT = ("na1", "na2", "na3")


def test_a_score_is_the_mean_of_what_was_answered() -> None:
    assert score({"na1": 1, "na3": 2, "stress": 7}, AFFECT) == 1.5
    assert score({"stress": 7}, AFFECT) is None


@pytest.mark.slow
def test_worker_record_and_groups_have_the_same_scores() -> None:
    study, events = events_in(GOLDEN / "checkins.csv", GOLDEN / "study.yaml", GOLDEN / "map.yaml")
    versions, memory = Versions([study]), Memory(study, events)
    placed = [to_record(event, versions) for event in events if isinstance(event, CheckInSubmitted)]
    live = [one.scores["negative_affect"] for one in placed if isinstance(one, CheckInRecord)]
    outcome = next(one for one in outcomes(study) if one.measure == Measure.NEGATIVE_AFFECT)
    grouped = [row.value for row in observations(memory.query, study, versions, outcome)]
    recorded = [
        score(checkin.answers, AFFECT)
        for person in read_series(memory.query, study, versions)
        for checkin in person.checkins
    ]
    assert len(live) > 400
    assert sorted(live) == sorted(grouped) == sorted(one for one in recorded if one is not None)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5)), unique=True).map(sorted))
def test_pairs_are_neighbours_of_one_day(places: list[tuple[int, int]]) -> None:
    found = list(consecutive(places, lambda one: Place(*one)))
    assert found == [(one, (one[0], one[1] + 1)) for one in places if (one[0], one[1] + 1) in places]


@given(st.sets(st.integers(1, 12)).map(sorted))
def test_with_one_prompt_a_day_pairs_are_neighbouring_days(days: list[int]) -> None:
    found = list(consecutive(days, lambda day: Place(day, 1, once_a_day=True)))
    assert found == [(day, day + 1) for day in days if day + 1 in days]
    assert not list(consecutive(days, lambda day: Place(day, 1)))


def test_days_before_a_study_asked_once_a_day_make_no_pair_with_those_after() -> None:
    places = [Place(1, 1), Place(1, 2), Place(2, 1, once_a_day=True), Place(3, 1, once_a_day=True)]
    found = list(consecutive(places, lambda place: place))
    assert found == [(places[0], places[1]), (places[2], places[3])]


def daily(missed: frozenset[int] = frozenset(), per_day: int = 1) -> Series:
    """Thirty days of mood 2, 8, 2, 8, ...; the prompt of each day is at 20:00, a second one an hour later."""
    begin = datetime(2026, 3, 1, 20, tzinfo=UTC)
    prompts = [
        Prompt(
            f"{day}-{beep}", day, beep, at,
            None if day in missed else CheckIn(day, "A", at, answers={"mood": 2.0 + 6 * (day % 2)}),
        )
        for day in range(1, 31)
        for beep in range(1, per_day + 1)
        if (at := begin + timedelta(days=day - 1, hours=beep - 1))
    ]  # fmt: skip
    return Series.of("p", "arm", "UTC", marked_once_a_day(prompts))


MOOD = Scale("mood", ("mood",), 0.0, 10.0)


def test_a_record_of_a_daily_diary_has_pairs_of_days() -> None:
    assert daily().pairs_of(MOOD) == [(8.0, 2.0), (2.0, 8.0)] * 14 + [(8.0, 2.0)]
    assert daily().steps_of(MOOD)[:2] == [(-6.0, 86_400.0), (6.0, 86_400.0)]
    missed = daily(frozenset({2, 10}))
    assert len(missed.pairs_of(MOOD)) == len(missed.steps_of(MOOD)) == 29 - 4
    twice = daily(per_day=2)
    assert twice.pairs_of(MOOD) == [(2.0 + 6 * (day % 2),) * 2 for day in range(1, 31)]
    assert {seconds for _, seconds in twice.steps_of(MOOD)} == {3600.0}
