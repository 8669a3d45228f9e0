"""What is remembered of one participant's conversation."""

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
        prompt_id: Which.
        sent_at: When.
        expires_at: From then on an answer is late.
        answered: A check-in came in time.
    """

    prompt_id: UUID
    sent_at: Instant
    expires_at: Instant
    answered: bool = False

    @property
    def sent(self) -> SentPrompt:
        """The prompt as the rule of matching sees it."""
        return SentPrompt(to_ms(self.sent_at), str(self.prompt_id), to_ms(self.expires_at))


class CheckIn(FrozenModel):
    """A check-in by SMS, complete or under way.

    Attributes:
        checkin: `event_id` of its first version.
        version: The highest version so far; 0 before the first answer.
        study: The definition in force when it began.
        begun_at: Event time of all its versions; before the first answer, when it was asked.
        prompt_id: The prompt that asked for it.
        late_for: The prompt that it came too late for.
        answers: So far, by item id.
        skipped: Items that were asked and passed over.
        pending: The item asked last; None where nothing is asked any more.
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
    """The whole state of a conversation; kept as JSON in a table, one for each participant.

    Attributes:
        asked: Prompts sent, by time, the the newest ones.
        current: The check-in that questions are being asked for, one at a time.
        last: The last check-in that has an answer: what a correction is about.
        unclear_in_a_row: Texts in a row that could not be read.
        missed_at: When the last one of them came.
        stopped: Contact was stopped by a text.
        own_day, own_count: How often the person began a check-in on that local day.
        seen: The newest messages that were read, so that none is read twice.
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
