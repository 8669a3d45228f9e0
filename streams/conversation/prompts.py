"""What a conversation remembers of its prompts: which one a text answers, and which item is asked next."""

from datetime import datetime, timedelta
from uuid import UUID

from schemas.base import Channel
from schemas.events import MessageReceived, PromptSent
from schemas.identity import event_id
from schemas.study import Study
from streams.conversation.numbers import sms_items
from streams.conversation.state import Asking, CheckIn, Conversation
from streams.records.matching import latest_sent, open_prompt
from streams.records.timeline import to_ms

KEPT_LATE = timedelta(hours=24)
"""How long after a prompt's expiry an answer still counts as a late one of it."""

_PROMPTS_KEPT = 48


def remember_prompt(state: Conversation, prompt: PromptSent, study: Study) -> Conversation:
    """Remember a prompt that was sent; where items are asked one by one, the first of them is pending."""
    if any(asking.prompt_id == prompt.event_id for asking in state.asked):
        return state
    new = Asking(prompt_id=prompt.event_id, sent_at=prompt.occurred_at, expires_at=prompt.expires_at)
    asked = tuple(sorted((*state.asked, new), key=lambda one: (one.sent_at, one.prompt_id)))[-_PROMPTS_KEPT:]
    state = state.model_copy(update={"asked": asked, "unclear_in_a_row": 0})
    if study.conversation.ask != "each" or prompt.channel != Channel.SMS or not study.sms:
        return state
    opened = CheckIn(
        checkin=event_id("by-text", str(prompt.event_id)),
        study=study.ref,
        begun_at=prompt.occurred_at,
        prompt_id=prompt.event_id,
    )
    return state.model_copy(update={"current": with_next_item(opened, study)})


def with_next_item(checkin: CheckIn, study: Study) -> CheckIn:
    """The check-in with the item that is to be asked next; None if nothing is left to ask."""
    left = (
        item.id
        for item in sms_items(study)
        if item.id not in checkin.answers and item.id not in checkin.skipped and item.asked(checkin.answers)
    )
    return checkin.model_copy(update={"pending": next(left, None)})


def drop_outdated(state: Conversation, message: MessageReceived, study: Study) -> Conversation:
    """Abandon a check-in that is too old to continue, or that another version of the study began."""
    current = state.current
    if current is None:
        return state
    asking = next((one for one in state.asked if one.prompt_id == current.prompt_id), None)
    end = (asking.expires_at if asking else current.begun_at) + KEPT_LATE
    gone = message.occurred_at >= end or current.study != study.ref
    return state.model_copy(update={"current": None}) if gone else state


def prompt_at(state: Conversation, at: datetime) -> tuple[UUID | None, UUID | None]:
    """The prompt that a text at that time answers, and the one that it comes too late for."""
    sent = [asking.sent for asking in state.asked]
    in_time = open_prompt(sent, to_ms(at))
    if in_time is not None:
        return UUID(in_time.id), None
    latest = latest_sent(sent, to_ms(at))
    if latest is None:
        return None, None
    asking = state.asked[sent.index(latest)]
    late = not asking.answered and at - asking.expires_at < KEPT_LATE
    return None, asking.prompt_id if late else None


def mark_answered(state: Conversation, prompt_id: UUID | None) -> Conversation:
    """Remember that a prompt was answered in time."""
    asked = tuple(
        asking.model_copy(update={"answered": True}) if asking.prompt_id == prompt_id else asking
        for asking in state.asked
    )
    return state.model_copy(update={"asked": asked})
