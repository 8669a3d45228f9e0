"""Works on a batch of records so that no exception loses an event.

Faust acknowledges a batch however its body ends (measured on 0.15.3), so the body must not raise: an event
that fails on its own is quarantined, and if not even that is possible, the process ends before the offset is
committed.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from schemas.clock import Clock
from schemas.codec import Unreadable, dead_letter, decode
from schemas.consumers import MisplacedEvent
from schemas.events import DeadLetter, Event, Reason
from schemas.faults import type_and_frames
from streams.worker.gap_recovery import Record
from streams.worker.ports import SendFailed

_log = logging.getLogger(__name__)
EXIT_UNSENT = 70

Work = Callable[[list[Event]], Awaitable[None]]
Quarantine = Callable[[DeadLetter], Awaitable[None]]


@contextmanager
def ending_where_stuck() -> Iterator[None]:
    """End the process if the body does not reach its end: the batch is not acknowledged, and is read again.

    A cancelled body, too: Faust acknowledges its batch, and commits it when it stops.
    """
    try:
        yield
    except (Exception, asyncio.CancelledError) as error:
        _log.critical(
            "ending before the offset is committed, the batch will be read again: %s", type_and_frames(error)
        )
        os._exit(EXIT_UNSENT)


async def run_batch(records: Sequence[Record], work: Work, quarantine: Quarantine, clock: Clock) -> None:
    """Decode a batch of records, do the work, and quarantine every record that fails.

    Args:
        records: As they are on the topic.
        work: Handles decoded events, and returns when everything that follows from them is sent. It is called
            with the whole batch and, if that fails, with each event on its own.
        quarantine: Sends a dead letter, and returns when Kafka has it.
        clock: The time of a dead letter.

    Raises:
        SendFailed: Kafka does not take what follows.
    """
    readable: list[tuple[Record, Event]] = []
    for record in records:
        try:
            readable.append((record, decode(record.value or b"")))
        except Unreadable as refusal:
            await quarantine(_dead_letter(record, refusal.reason, refusal.detail, clock, None))
    try:
        await work([event for _, event in readable])
    except SendFailed:
        raise
    except Exception as error:
        _log.error("a batch of %d failed, trying its events alone: %s", len(readable), type_and_frames(error))
        for record, event in readable:
            await _alone(record, event, work, quarantine, clock)


async def _alone(record: Record, event: Event, work: Work, quarantine: Quarantine, clock: Clock) -> None:
    try:
        await work([event])
    except SendFailed:
        raise
    except MisplacedEvent as error:
        await quarantine(_dead_letter(record, error.reason, error.detail, clock, event))
    except Exception as error:
        _log.error("an event failed and is quarantined: %s", type_and_frames(error))
        await quarantine(_dead_letter(record, Reason.UNEXPECTED, type(error).__name__, clock, event))


def _dead_letter(
    record: Record, reason: Reason, detail: str, clock: Clock, event: Event | None
) -> DeadLetter:
    return dead_letter(
        topic=record.topic, partition=record.partition, offset=record.offset,
        key=record.key, value=record.value, reason=reason, detail=detail, at=clock(),
        event=None if isinstance(event, DeadLetter) else event,
    )  # fmt: skip
