"""Participants' recent check-ins, read from Kafka and kept in memory, for their own thank-you page."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from aiokafka.errors import KafkaError

from schemas.base import Measure
from schemas.clock import Clock
from schemas.consumers import Consumes
from schemas.events import CheckInRetracted, CheckInSubmitted
from schemas.kafka_access import Broker
from schemas.study import Scale, Study
from schemas.topic_log import Partition, TopicReader, hear, offsets_since
from schemas.topics import CHECKINS

CONTRACT: Consumes[CheckInSubmitted | CheckInRetracted] = Consumes(
    "recent answers", (CHECKINS,), handles=(CheckInSubmitted, CheckInRetracted)
)
DAYS = 14
_KEPT = timedelta(days=DAYS + 1)
_MOST_PEOPLE = 20_000
_MOST_EACH = 700
_POLL_MS = 1000
_RETRY_SECONDS = 2.0


@dataclass(frozen=True)
class RecentCheckIn:
    """One version of a check-in.

    Attributes:
        version: Its version; the highest version of a check-in counts.
        day: The local date.
        at: When it was answered.
        mood: Mean of the answers to items that measure valence; None if there are none.
        scale: Bounds of that scale; means on different scales are never mixed.
        retracted: Whether it was retracted and no longer counts.
    """

    version: int
    day: date
    at: datetime
    mood: float | None = None
    scale: tuple[int, int] | None = None
    retracted: bool = False


class RecentAnswers:
    """Each participant's check-ins of the last fifteen days.

    The numbers of participants and of check-ins per participant are limited: beyond the limit, it drops the
    participant with the least recent event, or the oldest check-in.

    Args:
        studies: Every known definition by `id@version`.
    """

    def __init__(self, studies: Mapping[str, Study]) -> None:
        self._studies = studies
        self._people: OrderedDict[str, dict[UUID, RecentCheckIn]] = OrderedDict()
        self.caught_up = False

    def add(self, event: CheckInSubmitted | CheckInRetracted) -> None:
        """Add an event; order and duplicates do not matter."""
        checkins = self._people.setdefault(event.participant, {})
        self._people.move_to_end(event.participant)
        new = recent_check_in(event, self._studies.get(event.study))
        known = checkins.get(event.checkin)
        if known is None or known.version < new.version:
            checkins[event.checkin] = new
        newest = max(one.at for one in checkins.values())
        for old in [name for name, one in checkins.items() if one.at < newest - _KEPT]:
            del checkins[old]
        if len(checkins) > _MOST_EACH:
            del checkins[min(checkins, key=lambda name: checkins[name].at)]
        if len(self._people) > _MOST_PEOPLE:
            self._people.popitem(last=False)

    def of(self, participant: str) -> dict[UUID, RecentCheckIn]:
        """A participant's check-ins by id."""
        return dict(self._people.get(participant, {}))


class Follower:
    """Keeps `RecentAnswers` up to date with Kafka; resumes after Kafka was unavailable.

    It uses no consumer group, because every gateway needs all check-ins.
    """

    def __init__(self, recent: RecentAnswers, bootstrap: Broker, clock: Clock) -> None:
        self._recent = recent
        self._bootstrap = bootstrap
        self._clock = clock
        self._next: dict[Partition, int] = {}

    async def run(self, report: Callable[[Exception | None], object] = lambda _: None) -> None:
        """Follow the topic until cancelled.

        Args:
            report: Told the error by which it is interrupted, and None, again and again, while it works.
        """
        while True:
            try:
                await self._follow(report)
            except (KafkaError, OSError) as error:
                report(error)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _follow(self, report: Callable[[Exception | None], object]) -> None:
        if not self._next:
            self._next = await offsets_since(self._bootstrap, (CHECKINS,), self._clock() - _KEPT)
        async with TopicReader(self._bootstrap, self._next, (CHECKINS,)) as reader:
            self._next = reader.expected
            async for records in reader.to_end():
                hear(records, CONTRACT, self._recent.add)  # the store and the worker quarantine the others
            self._recent.caught_up = True
            while True:
                report(None)
                hear(await reader.next(_POLL_MS), CONTRACT, self._recent.add)


def recent_check_in(event: CheckInSubmitted | CheckInRetracted, study: Study | None) -> RecentCheckIn:
    """The part of a check-in that is kept; if its study is unknown, only that it took place."""
    day = event.occurred_at.astimezone(ZoneInfo(event.zone)).date()
    if isinstance(event, CheckInRetracted):
        return RecentCheckIn(event.version, day, event.occurred_at, retracted=True)
    scale = mood_scale(study) if study else None
    items = {item.id for item in study.scales_of(Measure.VALENCE)} if study else set()
    given = [
        value for name, value in event.answers.items() if name in items and isinstance(value, int | float)
    ]
    if not given or scale is None:
        return RecentCheckIn(event.version, day, event.occurred_at)
    return RecentCheckIn(
        event.version, day, event.occurred_at, sum(given) / len(given), (scale.min, scale.max)
    )


def mood_scale(study: Study) -> Scale | None:
    """The scale of the items that measure valence; None if the study has none."""
    return next((item.scale for item in study.scales_of(Measure.VALENCE)), None)
