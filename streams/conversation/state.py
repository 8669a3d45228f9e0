"""The state of one participant's conversation."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from schemas.base import FrozenModel, Instant, Slug, StudyRef
from streams.records.matching import SentPrompt
from streams.records.timeline import to_ms

Number = int | tuple[Slug, ...]


class Asking(FrozenModel):
    """A prompt that was sent.

    Attributes:
        prompt_id: The prompt's event id.
        sent_at: When it was sent.
        expires_at: When it expires; from then on an answer is late.
        answered: Whether a check-in answered it in time.
    """

    prompt_id: UUID
    sent_at: Instant
    expires_at: Instant
    answered: bool = False

    @property
    def sent(self) -> SentPrompt:
        """The prompt as the matching rule takes it."""
        return SentPrompt(to_ms(self.sent_at), str(self.prompt_id), to_ms(self.expires_at))


class CheckIn(FrozenModel):
    """A check-in by SMS, complete or in progress.

    Attributes:
        checkin: `event_id` of its first version.
        version: The highest version so far; 0 before the first answer.
        study: The definition in force when it began.
        begun_at: Event time of all its versions; before the first answer, the time of the first question.
        prompt_id: The prompt that asked for it.
        late_for: The prompt that it answers too late.
        answers: The answers so far, by item id.
        skipped: Items that were asked and skipped.
        pending: The item that awaits an answer; None if all have been asked.
    """

    checkin: UUID
    version: Annotated[int, Field(ge=0)] = 0
    study: StudyRef
    begun_at: Instant
    prompt_id: UUID | None = None
    late_for: UUID | None = None
    answers: dict[Slug, Number] = Field(default_factory=dict)
    skipped: tuple[Slug, ...] = ()
    pending: Slug | None = None


class Conversation(FrozenModel):
    """The complete state of a conversation, stored as JSON in a table, one row per participant.

    Attributes:
        asked: The most recent prompts sent, in order of time.
        current: The check-in in progress, if items are asked one at a time.
        last: The last check-in with an answer, to which a correction applies.
        unclear_in_a_row: How many texts in a row could not be understood.
        missed_at: When the last of them was sent.
        stopped: Whether a text has stopped contact.
        own_day: The local day of the last check-in on the participant's own initiative.
        own_count: How many of those there were on that day.
        seen: The most recent messages that were read, so that none is read twice.
    """

    asked: tuple[Asking, ...] = ()
    current: CheckIn | None = None
    last: CheckIn | None = None
    unclear_in_a_row: int = 0
    missed_at: Instant | None = None
    stopped: bool = False
    own_day: str = ""
    own_count: int = 0
    seen: tuple[UUID, ...] = ()
