"""May this text be sent to this person at this moment? Asked again right before each one is sent."""

from collections.abc import Mapping
from datetime import datetime

from producers.sms.delivery_reports import Requested
from producers.vault import Contact
from schemas.events import ConsentStatus, Outcome, PromptRequested, ReplyRequested
from schemas.study import Study

_ALWAYS = frozenset({"crisis", "help", "stopped", "resumed"})
"""Replies that somebody gets whatever their consent and whatever was spent: they asked for them."""

OUTCOMES: Mapping[str, Outcome] = {
    "expired": Outcome.DISCARDED,
    "quiet_hours": Outcome.DISCARDED,
    "budget": Outcome.CANCELLED,
    "no_consent": Outcome.CANCELLED,
    "no_number": Outcome.CANCELLED,
}
"""How a prompt ends that may not be sent."""


def is_urgent(request: Requested) -> bool:
    """Whether a text goes before all others."""
    return isinstance(request, ReplyRequested) and request.reply in _ALWAYS


def objection(
    request: Requested, study: Study, contact: Contact | None, spent: int, segments: int, now: datetime
) -> str | None:
    """Why a text may not be sent; None if it may.

    Args:
        request: What is to be sent.
        study: The definition that it names.
        contact: The person's newest consent; None if none is known.
        spent: Segments handed over for this person today.
        segments: Segments that this text takes.
        now: The moment of sending.
    """
    if request.expires_at is not None and now >= request.expires_at:
        return "expired"
    prompted = isinstance(request, PromptRequested)
    reply = "" if isinstance(request, PromptRequested) else request.reply
    if is_urgent(request):
        return None
    if contact is None or contact.status != ConsentStatus.GRANTED:
        return "no_consent"
    # A reply answers somebody who is awake; what we begin does not wake anybody.
    unasked = prompted or (study.schedule.support is not None and reply in study.schedule.support.texts)
    if unasked and study.schedule.effective_quiet_hours.cover(now, request.zone):
        return "quiet_hours"
    if spent + segments > study.schedule.max_segments_per_day:
        return "budget"
    return None
