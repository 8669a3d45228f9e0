"""Is everything that was accepted stored or quarantined?"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, assert_never
from uuid import UUID

from aiokafka import ConsumerRecord

from schemas.consumers import Consumes
from schemas.events import (
    CheckInRetracted,
    CheckInSubmitted,
    DayPlanned,
    MessageReceived,
    PromptClosed,
    PromptSent,
    SupportDecided,
)
from schemas.kafka_access import Broker
from schemas.topic_log import read_to_end
from schemas.topics import CHECKINS, MESSAGES, PROMPTS

Query = Callable[..., Any]
ACCEPTED: Consumes[MessageReceived | CheckInSubmitted | CheckInRetracted] = Consumes(
    "check of accepted events",
    (MESSAGES, CHECKINS),
    handles=(MessageReceived, CheckInSubmitted, CheckInRetracted),
)
ASKED: Consumes[DayPlanned | PromptSent] = Consumes(
    "check of prompts",
    (PROMPTS,),
    handles=(DayPlanned, PromptSent),
    ignores=(PromptClosed, SupportDecided),
)
_ACCEPTED_ON = frozenset(topic.name for topic in ACCEPTED.topics)
_ASKED_ON = frozenset(topic.name for topic in ASKED.topics)
_POLL_SECONDS = 0.5
_AT_ONCE = 50_000
_DIGITS = "0123456789abcdef"
_AFTER_ALL = "g"
_ENDS = ("answered", "expired", "failed", "discarded", "cancelled", "pending")


@dataclass(frozen=True)
class Reconciliation:
    """Distinct events: accepted by the gateway, stored, quarantined with a reason, and lost.

    The view `accepted_events` says what counts as what.
    """

    accepted: int
    stored: int
    quarantined: int

    @property
    def lost(self) -> int:
        """Accepted, but neither stored nor quarantined."""
        return self.accepted - self.stored - self.quarantined

    def __str__(self) -> str:
        return (
            f"accepted={self.accepted} stored={self.stored} quarantined={self.quarantined} lost={self.lost}"
        )


class Names:
    """Distinct ids, at 16 bytes each until they are looked up, and in parts where they are many.

    Args:
        names: The first ones.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._parts = [bytearray() for _ in _DIGITS]
        for name in names:
            self.add(UUID(name))

    def add(self, name: UUID) -> None:
        """Add an id; it may be there already."""
        self._parts[name.bytes[0] >> 4].extend(name.bytes)

    def parts(self) -> Iterator[tuple[str, str, set[str]]]:
        """Ids, and between which texts they all lie: from the first on, and before the second."""
        if sum(map(len, self._parts)) <= _AT_ONCE * 16:
            yield "", _AFTER_ALL, _texts(b"".join(self._parts))
            return
        for digit, following, part in zip(_DIGITS, [*_DIGITS[1:], _AFTER_ALL], self._parts, strict=True):
            yield digit, following, _texts(part)


def _texts(ids: bytes | bytearray) -> set[str]:
    return {str(UUID(bytes=bytes(ids[begin : begin + 16]))) for begin in range(0, len(ids), 16)}


class Heard:
    """The ids of everything that was accepted, and of every prompt, among the records that it is given."""

    def __init__(self) -> None:
        self.accepted = Names()
        self.prompts = Names()

    def add(self, records: Iterable[ConsumerRecord]) -> None:
        """Take in the records of some topics."""
        for record in records:
            if record.topic in _ACCEPTED_ON:
                for name in _accepted(ACCEPTED.read(record.value)):
                    self.accepted.add(name)
            elif record.topic in _ASKED_ON:
                for name in _asked(ASKED.read(record.value)):
                    self.prompts.add(name)


def compare(query: Query, accepted: Names) -> Reconciliation:
    """Look up accepted events (ids of texts and of form check-ins) in the store."""
    wanted, counts = _count(
        query,
        "select event_id as name, status from accepted_events where event_id >= :first and event_id < :after",
        accepted,
    )
    return Reconciliation(wanted, counts["stored"], counts["quarantined"])


def _count(query: Query, sql: str, names: Names) -> tuple[int, Counter[str]]:
    """How many ids there are, and how many the store has by their status."""
    wanted, counts = 0, Counter[str]()
    for first, after, part in names.parts():
        rows = query(sql, first=first, after=after)
        known = dict(zip(rows["name"], rows["status"], strict=True))
        wanted += len(part)
        counts.update(str(known[name]) for name in part if name in known)
    return wanted, counts


def settle(query: Query, accepted: Iterable[str], limit_seconds: float) -> Reconciliation:
    """Compare until nothing is missing, or for at most `limit_seconds` without any progress."""
    return settle_names(query, Names(accepted), limit_seconds)


def settle_names(query: Query, wanted: Names, limit_seconds: float) -> Reconciliation:
    """The same for ids that are kept as such."""
    found = compare(query, wanted)
    limit = time.monotonic() + limit_seconds
    while found.lost and time.monotonic() < limit:
        time.sleep(_POLL_SECONDS)
        before, found = found, compare(query, wanted)
        if found.lost < before.lost:
            limit = time.monotonic() + limit_seconds
    return found


async def reconcile_with_topics(bootstrap: Broker, query: Query) -> Reconciliation:
    """Compare every text and every check-in that is on the topics with the store."""
    heard = Heard()
    async for record in read_to_end(bootstrap, ACCEPTED.topics):
        heard.add([record])
    return settle_names(query, heard.accepted, 10)


@dataclass(frozen=True)
class PromptReconciliation:
    """Every prompt that was planned or sent, by how it ended.

    Attributes:
        prompts: Distinct prompts on their topic.
        ends: How many of them ended in which way, or are pending.
    """

    prompts: int
    ends: dict[str, int]

    @property
    def lost(self) -> int:
        """On the topic, and not in the store."""
        return self.prompts - sum(self.ends.values())

    def __str__(self) -> str:
        counts = " ".join(f"{status}={self.ends.get(status, 0)}" for status in _ENDS)
        return f"prompts={self.prompts} {counts} lost={self.lost}"


def settle_prompts(query: Query, wanted: Names, limit_seconds: float) -> PromptReconciliation:
    """Look up prompts in the store, until none is missing or the time is over."""
    limit = time.monotonic() + limit_seconds
    while True:
        count, ends = _count(
            query,
            "select prompt_id as name, status from prompt_log "
            "where prompt_id >= :first and prompt_id < :after",
            wanted,
        )
        found = PromptReconciliation(count, dict(ends))
        if not found.lost or time.monotonic() > limit:
            return found
        time.sleep(_POLL_SECONDS)


def _asked(event: DayPlanned | PromptSent | None) -> set[UUID]:
    match event:
        case DayPlanned():
            return {prompt.prompt_id for prompt in event.prompts}
        case PromptSent():
            return {event.event_id}
        case None:
            return set()
        case _:
            assert_never(event)


def _accepted(event: MessageReceived | CheckInSubmitted | CheckInRetracted | None) -> set[UUID]:
    match event:
        case MessageReceived() | CheckInRetracted():
            return {event.event_id}
        case CheckInSubmitted():
            # One that was parsed from a text is accounted for by the text.
            return {event.event_id} if event.cause is None else set()
        case None:
            return set()
        case _:
            assert_never(event)
