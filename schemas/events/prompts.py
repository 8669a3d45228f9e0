"""A participant's prompts, from the day's plan to how each one ended."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from schemas.base import Channel, Count, Day, FrozenModel, Instant, Slug, StudyDay
from schemas.events.envelope import Envelope


class PlannedPrompt(FrozenModel):
    """A prompt of a day's plan.

    Attributes:
        prompt_id: Derived from the participant, the date and the beep.
        rule: The kind of schedule rule that planned it, such as `random`.
        channel: How the participant is to be asked.
        scheduled_at: When the participant is to be asked.
        expires_at: Answers from this moment on do not count for it.
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
        date: The date on the participant's calendar on which they wake up.
        study_day: 1 on the participant's first day.
        prompts: In chronological order; prompts already sent stay as they were.
        per_day: Number of random prompts, if the schedule adapts it to the participant.
        answered_share: The share of prompts answered on the preceding days, to which it was adapted.
    """

    type: Literal["day.planned"] = "day.planned"
    date: Day
    study_day: StudyDay
    prompts: Annotated[tuple[PlannedPrompt, ...], Field(max_length=200)]
    per_day: Count | None = None
    answered_share: Annotated[float, Field(ge=0, le=1)] | None = None


class PromptSent(Envelope):
    """A participant was asked. `event_id` is the prompt's id, `occurred_at` the time of sending.

    Attributes:
        channel: How the participant was asked.
        scheduled_at: When the plan scheduled it.
        expires_at: Answers from this moment on do not count for this prompt.
        study_day: 1 on the participant's first day.
        beep: 1 for the first prompt of a local day.
    """

    type: Literal["prompt.sent"] = "prompt.sent"
    channel: Channel
    scheduled_at: Instant
    expires_at: Instant
    study_day: StudyDay
    beep: Annotated[int, Field(ge=1, le=200)]


class Outcome(StrEnum):
    """How an unanswered prompt ended.

    `expired`: it was sent but not answered in time. `discarded`: it expired unsent during an outage.
    `cancelled`: the plan changed, contact stopped or prompts were paused before it was sent. `failed`: the
    provider refused it, or it is unknown whether it was sent.
    """

    EXPIRED = "expired"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"
    FAILED = "failed"


class PromptClosed(Envelope):
    """A planned prompt ended without an answer.

    Attributes:
        prompt_id: The prompt that ended.
        outcome: How it ended.
        detail: Why, for people; such as `quiet_hours`.
    """

    type: Literal["prompt.closed"] = "prompt.closed"
    prompt_id: UUID
    outcome: Outcome
    detail: Slug | None = None


class SupportDecided(Envelope):
    """It was decided at random whether a prompt carries a supportive text (micro-randomised trial).

    Attributes:
        prompt_id: The decision point.
        available: Whether the participant could be treated at that moment; if not, nothing was drawn.
        probability: The probability of treatment at the decision point; 0 if not available.
        treated: What was drawn.
        text: Name of the text sent; None if not treated.
    """

    type: Literal["support.decided"] = "support.decided"
    prompt_id: UUID
    available: bool
    probability: Annotated[float, Field(ge=0, lt=1)]
    treated: bool
    text: Slug | None = None
