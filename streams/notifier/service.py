"""The notifier process: follows calls for help and tells staff of each, once by each channel.

It keeps no offsets: it reads the last days again at every start, and tells of the calls that it has not told
of and that nobody has attended to. A crash between telling and remembering tells twice; nothing is left out.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError

from schemas.clock import Clock, now
from schemas.consumers import Consumes
from schemas.events import SafetyAttended, SafetyRaised
from schemas.faults import type_and_frames
from schemas.heartbeat import beat
from schemas.settings import Settings
from schemas.stop_signals import until_stopped
from schemas.topic_log import TopicReader, hear, offsets_since
from schemas.topics import SAFETY
from streams.notifier.channels import Channel, NotTold, channels
from streams.notifier.message import MOST_AT_ONCE, Call
from streams.notifier.told import Told

CONTRACT: Consumes[SafetyRaised | SafetyAttended] = Consumes(
    "notifier", (SAFETY,), handles=(SafetyRaised, SafetyAttended)
)
KEPT = timedelta(days=3)
"""How long staff are told of a call that nobody attends to; older ones are on the dashboard alone."""

_log = logging.getLogger(__name__)
_MOST_WAITING = 10_000
_WAIT_MS = 500
_RETRY_SECONDS = 2.0
_FIRST_WAIT_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 300.0
_LONGEST_ATTEMPT_SECONDS = 120.0


class Calls:
    """The calls that nobody has attended to, and telling of them.

    Args:
        told: What was told already.
        clock: Tells the time.
        first_wait: Seconds until a failed attempt is repeated; twice as long after each further one.
    """

    def __init__(self, told: Told, clock: Clock, first_wait: float = _FIRST_WAIT_SECONDS) -> None:
        self._told = told
        self._clock = clock
        self._first_wait = first_wait
        self._open: dict[UUID, Call] = {}
        self._attended: dict[UUID, None] = {}
        self._news = asyncio.Condition()

    async def learn(self, records: Iterable[ConsumerRecord]) -> None:
        """Take in records of the topic."""
        hear(records, CONTRACT, self._add)  # the store quarantines the others
        async with self._news:
            self._news.notify_all()

    async def tell(self, channel: Channel) -> None:
        """Tell of every call by one channel, until cancelled; a failure is repeated at growing intervals."""
        wait = self._first_wait
        while True:
            async with self._news:
                while not (due := self._due(channel)):
                    await self._news.wait()
            try:
                await _attempt(channel, due)
            except NotTold as error:
                _log.warning("%d calls for help wait to be told by %s: %s", len(due), channel.name, error)
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
            else:
                self._told.add(channel.name, (call.alert for call in due), self._clock())
                wait = self._first_wait

    def _add(self, event: SafetyRaised | SafetyAttended) -> None:
        if isinstance(event, SafetyAttended):
            self._attended[event.alert] = None
            if len(self._attended) > _MOST_WAITING:
                del self._attended[next(iter(self._attended))]
            self._open.pop(event.alert, None)
            return
        if event.event_id in self._attended:
            return
        if len(self._open) >= _MOST_WAITING:
            _log.error("more than %d calls for help are open: the oldest is not told of", _MOST_WAITING)
            del self._open[next(iter(self._open))]
        self._open[event.event_id] = Call(
            event.event_id, event.participant, event.study, event.occurred_at, event.recorded_at
        )

    def _due(self, channel: Channel) -> Sequence[Call]:
        oldest = self._clock() - KEPT
        for old in [name for name, call in self._open.items() if call.recorded_at < oldest]:
            del self._open[old]
        waiting = (call for call in self._open.values() if not self._told.has(channel.name, call.alert))
        return [call for call, _ in zip(waiting, range(MOST_AT_ONCE), strict=False)]


async def _attempt(channel: Channel, calls: Sequence[Call]) -> None:
    """Tell once. In a task of its own: a library that swallows a cancellation must not keep us from ending.

    Raises:
        NotTold: It failed, or took too long.
    """
    attempt = asyncio.create_task(channel.tell(calls))
    try:
        done, _ = await asyncio.wait({attempt}, timeout=_LONGEST_ATTEMPT_SECONDS)
    finally:
        attempt.cancel()
    if not done:
        raise NotTold(f"it took more than {_LONGEST_ATTEMPT_SECONDS:.0f} seconds")
    attempt.result()


async def serve_notifier(settings: Settings, clock: Clock = now) -> None:
    """Tell staff of calls for help until SIGTERM or SIGINT.

    Raises:
        MissingSetting: A channel is set up in part.
    """
    ways = channels(settings, clock)
    await until_stopped(_run(settings, ways, clock))


async def _run(settings: Settings, ways: Sequence[Channel], clock: Clock) -> None:
    ready = settings.home / "notifier.ready"
    ready.unlink(missing_ok=True)
    if not ways:
        _log.warning(
            "nobody is told of calls for help: set WELLSTREAM_STAFF_EMAILS or WELLSTREAM_STAFF_WEBHOOK_URL"
        )
    told = Told(settings.home / "notifier.db", clock() - 10 * KEPT)
    calls = Calls(told, clock)
    try:
        async with asyncio.TaskGroup() as group:
            for way in ways:
                group.create_task(calls.tell(way))
            while True:
                try:
                    await _follow(settings, calls, clock, ready)
                except (KafkaError, OSError) as error:
                    _log.warning("calls for help are not read for now: %s", type_and_frames(error))
                ready.unlink(missing_ok=True)
                await asyncio.sleep(_RETRY_SECONDS)
    finally:
        told.close()


async def _follow(settings: Settings, calls: Calls, clock: Clock, ready: Path) -> None:
    start = await offsets_since(settings.broker, (SAFETY,), clock() - KEPT)
    async with TopicReader(settings.broker, start, (SAFETY,)) as reader:
        async for records in reader.to_end():
            await calls.learn(records)
        while True:
            beat(ready)
            records = await reader.next(_WAIT_MS)
            if records:
                await calls.learn(records)
