"""Outbound texts: what is to be sent, and the delivery reports."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from schemas.base import Channel, Count, Instant, Language, Slug, StudyDay
from schemas.events.envelope import Envelope


class ReplyRequested(Envelope):
    """Send a participant a reply. The dispatcher writes the text; the event contains no answers.

    Attributes:
        cause: `event_id` of the event that it replies to.
        language: The language to write it in.
        reply: Name of the text, such as `not_understood`.
        item: The item that it is about, if any.
        expires_at: It is not sent from this moment on, so that no reply arrives late after an outage.
    """

    type: Literal["reply.requested"] = "reply.requested"
    cause: UUID
    language: Language
    reply: Slug
    item: Slug | None = None
    expires_at: Instant | None = None


class PromptRequested(Envelope):
    """Ask a participant to check in.

    Attributes:
        prompt_id: The prompt.
        attempt: 0 for the prompt itself, or the number of the reminder.
        language: The language to write it in.
        channel, scheduled_at, expires_at, study_day, beep: As in the day's plan.
    """

    type: Literal["prompt.requested"] = "prompt.requested"
    prompt_id: UUID
    attempt: Annotated[int, Field(ge=0, le=24)] = 0
    language: Language
    channel: Channel
    scheduled_at: Instant
    expires_at: Instant
    study_day: StudyDay
    beep: Annotated[int, Field(ge=1, le=200)]


class DeliveryStatus(StrEnum):
    """The status of a text, in the order in which statuses occur; the latest one holds."""

    CLAIMED = "claimed"
    WITHHELD = "withheld"
    ACCEPTED = "accepted"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DELIVERED = "delivered"


class DeliveryReported(Envelope):
    """The status of a text that was to be sent changed.

    Attributes:
        text: `event_id` of the request.
        prompt_id: The prompt, if the text is one.
        provider: The SMS provider.
        delivery: The new status.
        code: The provider's error code, or why the text was withheld.
        segments: How many SMS the text takes, where known.
    """

    type: Literal["delivery.reported"] = "delivery.reported"
    text: UUID
    prompt_id: UUID | None = None
    provider: Slug
    delivery: DeliveryStatus
    code: Annotated[str, StringConstraints(max_length=48)] | None = None
    segments: Count | None = None
