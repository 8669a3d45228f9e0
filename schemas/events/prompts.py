"""A participant's prompts, from the day's plan to how each one ended."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schemas.base import Channel, FrozenModel, Instant, Slug
from schemas.events.envelope import Envelope


class PlannedPrompt(FrozenModel):
    """A prompt of a day's plan.

    Attributes:
        prompt_id: Follows from the participant, the date and the beep.
        rule: The kind of rule that wanted it, such as `random`.
        channel: How the participant is to be asked.
        scheduled_at: When.
        expires_at: From then on an answer does not count for it.
        beep: 1 for the first prompt of the day.
    """

    prompt_id: UUID
    rule: Slug
    channel: Channel
    scheduled_at: Instant
    expires_at: Instant
    beep: Annotated[int, Field(ge=1, le=200)]


class DayPlanned(Envelope):
    """A participant's prompts of one day, as planned. The newest plan of a day holds.

    Attributes:
        date: The day on which the person wakes up, on their calendar.
        study_day: 1 on the participant's first day.
        prompts: In order of time; those that were sent already stay as they were.
        per_day: Number of random prompts, where that adapts to the person.
        answered_share: What it was adapted to: the share of prompts answered on the days before.
    """

    type: Literal["day.planned"] = "day.planned"
    date: date
    study_day: int
    prompts: tuple[PlannedPrompt, ...]
    per_day: Annotated[int, Field(ge=0)] | None = None
    answered_share: Annotated[float, Field(ge=0, le=1)] | None = None


class PromptSent(Envelope):
    """A participant was asked. `event_id` is the prompt's id, `occurred_at` the time of sending.

    Attributes:
        channel: How the participant was asked.
        scheduled_at: When the plan wanted it.
        expires_at: From then on an answer does not count for this prompt.
        study_day: 1 on the participant's first day.
        beep: 1 for the first prompt of a local day.
    """

    type: Literal["prompt.sent"] = "prompt.sent"
    channel: Channel
    scheduled_at: Instant
    expires_at: Instant
    study_day: Annotated[int, Field(ge=1)]
    beep: Annotated[int, Field(ge=1, le=200)]


class Outcome(StrEnum):
    """How a prompt ended that was not answered.

    `expired`: sent, and not answered in time. `discarded`: its time passed while we were away. `cancelled`:
    it was planned, and then the plan changed, contact stopped or prompts were paused. `failed`: the provider
    did not take it, or we do not know whether it did.
    """

    EXPIRED = "expired"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"
    FAILED = "failed"


class PromptClosed(Envelope):
    """A planned prompt ended without an answer.

    Attributes:
        prompt_id: Which.
        outcome: How.
        detail: Why, for a person; such as `quiet_hours`.
    """

    type: Literal["prompt.closed"] = "prompt.closed"
    prompt_id: UUID
    outcome: Outcome
    detail: Slug | None = None


class SupportDecided(Envelope):
    """Chance decided whether a supportive text goes with a prompt (micro-randomised trial).

    Attributes:
        prompt_id: The decision point.
        available: Whether the person could be treated at that moment; if not, nothing was drawn.
        probability: Of treating, at the time of deciding; 0 if not available.
        treated: What chance decided.
        text: Name of the text sent; None if not treated.
    """

    type: Literal["support.decided"] = "support.decided"
    prompt_id: UUID
    available: bool
    probability: Annotated[float, Field(ge=0, lt=1)]
    treated: bool
    text: Slug | None = None
