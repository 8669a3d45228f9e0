"""Whether a text may be sent to a participant now. Asked again right before each one is sent."""

from collections.abc import Mapping
from datetime import datetime

from producers.sms.delivery_reports import Requested
from producers.vault import Contact
from schemas.events import ConsentStatus, Outcome, PromptRequested, ReplyRequested
from schemas.study import Study

_ALWAYS = frozenset({"crisis", "help", "stopped", "resumed"})
"""Replies that ignore consent and the daily budget: the participant asked for them."""

OUTCOMES: Mapping[str, Outcome] = {
    "expired": Outcome.DISCARDED,
    "quiet_hours": Outcome.DISCARDED,
    "budget": Outcome.CANCELLED,
    "no_consent": Outcome.CANCELLED,
    "no_number": Outcome.CANCELLED,
}
"""How a prompt that may not be sent ends, by reason."""


def is_urgent(request: Requested) -> bool:
    """Whether a text is sent before all others."""
    return isinstance(request, ReplyRequested) and request.reply in _ALWAYS


def reason_to_withhold(
    request: Requested, study: Study, contact: Contact | None, spent: int, segments: int, now: datetime
) -> str | None:
    """Why a text may not be sent; None if it may.

    Args:
        request: The text to send.
        study: The definition that it names.
        contact: The participant's newest consent; None if none is known.
        spent: Segments already sent to this participant today.
        segments: Segments of this text.
        now: The time of sending.
    """
    if request.expires_at is not None and now >= request.expires_at:
        return "expired"
    prompted = isinstance(request, PromptRequested)
    reply = "" if isinstance(request, PromptRequested) else request.reply
    if is_urgent(request):
        return None
    if contact is None or contact.status != ConsentStatus.GRANTED:
        return "no_consent"
    # A reply goes to somebody who is awake; a text of our own accord must not wake anybody.
    unasked = prompted or (study.schedule.support is not None and reply in study.schedule.support.texts)
    if unasked and study.schedule.effective_quiet_hours.cover(now, request.zone):
        return "quiet_hours"
    if spent + segments > study.schedule.max_segments_per_day:
        return "budget"
    return None
