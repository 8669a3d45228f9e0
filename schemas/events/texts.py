"""Outbound texts: what is to be sent, and the delivery reports."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from schemas.base import Channel, Instant, Language, Slug
from schemas.events.envelope import Envelope


class ReplyRequested(Envelope):
    """Please send a participant a text. It is worded when sent; there are no answers in it.

    Attributes:
        cause: `event_id` of what is replied to.
        language: The language to word it in.
        reply: Name of the text, such as `not_understood`.
        item: The item that it is about, where it is about one.
        expires_at: Not to be sent from then on, so that no reply comes after an outage.
    """

    type: Literal["reply.requested"] = "reply.requested"
    cause: UUID
    language: Language
    reply: Slug
    item: Slug | None = None
    expires_at: Instant | None = None


class PromptRequested(Envelope):
    """Please ask a participant to check in.

    Attributes:
        prompt_id: Which prompt.
        attempt: 0, or the number of the reminder.
        language: The language to word it in.
        channel, scheduled_at, expires_at, study_day, beep: As planned.
    """

    type: Literal["prompt.requested"] = "prompt.requested"
    prompt_id: UUID
    attempt: Annotated[int, Field(ge=0, le=24)] = 0
    language: Language
    channel: Channel
    scheduled_at: Instant
    expires_at: Instant
    study_day: int
    beep: Annotated[int, Field(ge=1, le=200)]


class Delivery(StrEnum):
    """What became of a text, in the order in which it happens; the later one holds."""

    CLAIMED = "claimed"
    WITHHELD = "withheld"
    ACCEPTED = "accepted"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DELIVERED = "delivered"


class DeliveryReported(Envelope):
    """Something became known about a text that was to be sent.

    Attributes:
        text: `event_id` of the request.
        prompt_id: The prompt that it asks, if it does.
        provider: Who carries it.
        delivery: What is known.
        code: The provider's code of an error, or why it was withheld.
        segments: How many SMS it takes, where known.
    """

    type: Literal["delivery.reported"] = "delivery.reported"
    text: UUID
    prompt_id: UUID | None = None
    provider: Slug
    delivery: Delivery
    code: Annotated[str, StringConstraints(max_length=48)] | None = None
    segments: Annotated[int, Field(ge=0)] | None = None
