"""The reference's event log, with its corrections and late answers, ends in the same values in any order."""

from collections import defaultdict
from functools import cache
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from schemas.events import IndicatorsUpdated
from schemas.study.versions import Versions
from streams.indicators.update import State, TimelineEvent, absorb, batch, updates
from tests.examples import examples
from tests.golden.event_log import STUDY, event_log

VERSIONS = Versions([STUDY])
MOST_BATCHES = 5


def by_person() -> dict[str, list[TimelineEvent]]:
    found: dict[str, list[TimelineEvent]] = defaultdict(list)
    for event in event_log(0):
        found[event.participant].append(event)
    return dict(found)


PEOPLE = by_person()


@cache
def expected() -> dict[UUID, IndicatorsUpdated]:
    """All updates, computed when a test runs: each process of the suite imports this file."""
    return {update.event_id: update for update in batch(event_log(0), VERSIONS)}


def test_the_log_is_the_reference_s() -> None:
    assert len(expected()) == 650


@examples(15)
@given(st.data())
def test_every_order_ends_in_the_same_values(data: st.DataObject) -> None:
    who = data.draw(st.sampled_from(sorted(PEOPLE)))
    order = data.draw(st.permutations(PEOPLE[who]))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(order) - 1), max_size=MOST_BATCHES - 1)))
    state: State | None = None
    newest: dict[object, IndicatorsUpdated] = {}
    for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True):
        state, history, affected = absorb(state, order[start:end], VERSIONS)
        for update in updates(who, history, affected, VERSIONS):
            if update.revision >= getattr(newest.get(update.event_id), "revision", 0):
                newest[update.event_id] = update
    assert newest == {name: update for name, update in expected().items() if update.participant == who}
