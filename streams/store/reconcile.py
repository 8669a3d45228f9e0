"""Is everything that was accepted stored or quarantined?"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, assert_never

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
_POLL_SECONDS = 0.5
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


def compare(query: Query, accepted: Iterable[str]) -> Reconciliation:
    """Look up accepted events (ids of texts and of form check-ins) in the store."""
    wanted = set(accepted)
    rows = query("select event_id, status from accepted_events")
    known = dict(zip(rows["event_id"], rows["status"], strict=True))
    counts = Counter(str(known[name]) for name in wanted if name in known)
    return Reconciliation(len(wanted), counts["stored"], counts["quarantined"])


def settle(query: Query, accepted: Iterable[str], limit_seconds: float) -> Reconciliation:
    """Compare until nothing is missing, or for at most `limit_seconds` without any progress."""
    wanted = set(accepted)
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
    names: set[str] = set()
    async for record in read_to_end(bootstrap, ACCEPTED.topics):
        names |= _accepted(ACCEPTED.read(record.value))
    return settle(query, names, 10)


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


async def reconcile_prompts(
    bootstrap: Broker, query: Query, limit_seconds: float = 10
) -> PromptReconciliation:
    """Compare every prompt that is on its topic with the store, until none is missing or the time is over."""
    names: set[str] = set()
    async for record in read_to_end(bootstrap, ASKED.topics):
        names |= _asked(ASKED.read(record.value))
    limit = time.monotonic() + limit_seconds
    while True:
        rows = query("select prompt_id, status from prompt_log")
        known = dict(zip(rows["prompt_id"], rows["status"], strict=True))
        ends = Counter(str(known[name]) for name in names if name in known)
        found = PromptReconciliation(len(names), dict(ends))
        if not found.lost or time.monotonic() > limit:
            return found
        await asyncio.sleep(_POLL_SECONDS)


def _asked(event: DayPlanned | PromptSent | None) -> set[str]:
    match event:
        case DayPlanned():
            return {str(prompt.prompt_id) for prompt in event.prompts}
        case PromptSent():
            return {str(event.event_id)}
        case None:
            return set()
        case _:
            assert_never(event)


def _accepted(event: MessageReceived | CheckInSubmitted | CheckInRetracted | None) -> set[str]:
    match event:
        case MessageReceived() | CheckInRetracted():
            return {str(event.event_id)}
        case CheckInSubmitted():
            # One that was parsed from a text is accounted for by the text.
            return {str(event.event_id)} if event.cause is None else set()
        case None:
            return set()
        case _:
            assert_never(event)
