"""LAW: whatever is on a topic, every consumer ends in a value or a named refusal, and so does every event."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.forms.recent_answers import CONTRACT as RECENT
from producers.forms.recent_answers import RecentAnswers
from schemas.codec import Unreadable, dead_letter, decode, encode
from schemas.consumers import MisplacedEvent
from schemas.events import DeadLetter, Event, Reason
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.indicators.update import TIMELINE, absorb, updates
from streams.scheduling.decide import decide
from streams.scheduling.participant_state import CONTRACT as PLANNED
from streams.scheduling.participant_state import ParticipantState
from streams.store.ingest import STORED, rows_of
from streams.store.projection import project
from streams.store.writer import open_store, write
from tests.conftest import DEMO
from tests.examples import examples
from tests.poison import DEEP, FAR, REAL, hostile

STUDY = load_study(DEMO)
MOMENT = datetime(2026, 3, 29, tzinfo=UTC)
MOST_OF_A_RECORD = 1_048_576


class Record:
    """A record as aiokafka gives it."""

    def __init__(self, topic: str, value: bytes | None, key: bytes | None = b"k") -> None:
        self.topic, self.partition, self.offset, self.key, self.value = topic, 0, 0, key, value


@pytest.fixture(scope="module")
def store() -> duckdb.DuckDBPyConnection:
    return open_store(":memory:")


def readable(raw: bytes) -> Event | None:
    try:
        return decode(raw)
    except Unreadable:
        return None


def of_study(event: Event) -> Event:
    """The event, of the demo study: what no consumer knows, none works on."""
    return event if isinstance(event, DeadLetter) else event.model_copy(update={"study": STUDY.ref})


def selected(contract: Any, event: Event) -> Any:
    try:
        return contract.select(event)
    except MisplacedEvent:
        return None


@examples(300)
@given(hostile)
def test_decoding_is_total_and_what_decodes_is_the_same_again(raw: bytes) -> None:
    event = readable(raw)
    if event is not None:
        assert decode(encode(event)) == event


@examples(200)
@given(raw=hostile, topic=st.sampled_from(STORED))
def test_the_store_writes_or_quarantines_every_record(
    store: duckdb.DuckDBPyConnection, raw: bytes, topic: Any
) -> None:
    rows, letters = rows_of([Record(topic.name, raw)])
    write(store, rows, {})
    assert len(letters) <= 1
    for letter in letters:
        write(store, project(letter), {})


@examples(100)
@given(st.lists(hostile, min_size=1, max_size=4))
def test_worker_planner_and_form_work_on_every_event(raws: list[bytes]) -> None:
    state, planned, recent = None, ParticipantState(), RecentAnswers({STUDY.ref: STUDY})
    versions = Versions([STUDY])
    for event in [of_study(event) for raw in raws if (event := readable(raw)) is not None]:
        if (known := selected(TIMELINE, event)) is not None:
            state, history, affected = absorb(state, [known], versions)
            for update in updates(known.participant, history, affected, versions):
                assert decode(encode(update)) == update
        if (learned := selected(PLANNED, event)) is not None:
            planned.learn(learned)
            for at in (MOMENT, MOMENT + timedelta(days=3)):
                decide(planned, STUDY, "s" * 32, at)
        if (seen := selected(RECENT, event)) is not None:
            recent.add(seen)


@pytest.mark.parametrize(
    "raw", [DEEP, *(json.dumps(one | {"occurred_at": FAR}).encode() for one in REAL)], ids=lambda _: ""
)
def test_what_brought_every_service_down_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(raw)


@pytest.mark.parametrize("size", [0, 1, 524_288, 524_289, 786_433, 1_048_000])
@pytest.mark.parametrize("key", [0, 1024, 1025, 900_000])
def test_a_dead_letter_is_smaller_than_a_record_may_be(size: int, key: int) -> None:
    made = dead_letter(
        topic="checkins.v1", partition=3, offset=14, key=b"k" * key, value=b"\xff" * size,
        reason=Reason.UNREADABLE, detail="x" * 900, at=MOMENT,
    )  # fmt: skip
    assert len(encode(made)) + len(made.key or b"") < 0.8 * MOST_OF_A_RECORD
    assert decode(encode(made)) == made
    assert made.whole == (size <= 524_288 and key <= 1024)
    if not made.whole:
        assert (made.length, len(made.value or b"")) == (size, min(size, 65_536))
        assert made.digest
