"""An unexpected exception in an agent loses no event: the event is quarantined, the others are processed."""

from types import SimpleNamespace

from schemas.codec import encode
from schemas.consumers import MisplacedEvent
from schemas.events import DeadLetter, Event, Reason
from schemas.topics import CHECKINS
from streams.worker.batching import run_batch
from tests.streams.indicators.test_update import EVENTS, START


def records(values: list[bytes]) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(topic="t", partition=0, offset=n, key=b"k", value=value)
        for n, value in enumerate(values)
    ]


async def test_what_fails_alone_is_buried_and_the_rest_is_done() -> None:
    done: list[Event] = []
    buried: list[DeadLetter] = []

    async def work(events: list[Event]) -> None:
        if EVENTS[1] in events:
            raise ZeroDivisionError("a bug")
        done.extend(events)

    async def quarantine(letter: DeadLetter) -> None:
        buried.append(letter)

    values = [encode(EVENTS[0]), b"poison", encode(EVENTS[1]), encode(EVENTS[2])]
    await run_batch(records(values), work, quarantine, lambda: START)
    assert done == [EVENTS[0], EVENTS[2]]
    assert [(letter.reason, letter.offset) for letter in buried] == [
        (Reason.UNREADABLE, 1),
        (Reason.UNEXPECTED, 2),
    ]
    assert buried[0].value == b"poison"
    assert buried[1].cause == EVENTS[1].event_id


async def test_a_dead_letter_says_which_event_is_on_the_wrong_topic() -> None:
    buried: list[DeadLetter] = []

    async def work(events: list[Event]) -> None:
        raise MisplacedEvent(events[0], (CHECKINS,))

    async def quarantine(letter: DeadLetter) -> None:
        buried.append(letter)

    await run_batch(records([encode(EVENTS[0])]), work, quarantine, lambda: START)
    assert [(letter.reason, letter.detail) for letter in buried] == [
        (Reason.UNEXPECTED, f"{EVENTS[0].type} does not belong on any of checkins.v1")
    ]
