"""The score of a measure and the pairs of prompts are the same for the worker, the record and the groups."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import Measure
from schemas.events import CheckInSubmitted
from schemas.study.versions import Versions
from streams.indicators.update import to_record
from streams.records.pairs import consecutive
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
        score(prompt.answers, AFFECT)
        for person in read_series(memory.query, study)
        for prompt in person.answered
    ]
    assert len(live) > 400
    assert sorted(live) == sorted(grouped) == sorted(one for one in recorded if one is not None)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5)), unique=True).map(sorted))
def test_pairs_are_neighbours_of_one_day(places: list[tuple[int, int]]) -> None:
    found = list(consecutive(places, lambda one: one))
    assert found == [(one, (one[0], one[1] + 1)) for one in places if (one[0], one[1] + 1) in places]
