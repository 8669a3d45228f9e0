"""Check-ins: submitted, corrected and retracted."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from schemas.base import Channel, Instant, Language, Slug
from schemas.events.envelope import Envelope, Sealed

Answer = Annotated[int, Field(ge=-1000, le=1000)] | tuple[Slug, ...] | Sealed
"""A number on a scale, the ids of the options chosen, or sealed words."""


class CheckInSubmitted(Envelope):
    """A participant answered. An item that was not answered is absent from `answers`.

    A correction is a later version of the same check-in: it holds all its answers, names the first version
    in `corrects`, and keeps its `occurred_at`. The highest version holds, whichever arrives last.

    Attributes:
        version: 1, or higher for a correction.
        corrects: `event_id` of the first version; None for that one itself.
        channel: How it came.
        opened_at: When the form was opened; None where that is not known, as for texts.
        started_at: When the first answer was given, where that is known, else when the form was opened;
            `occurred_at` is when it was sent.
        prompt_id: The prompt answered, where the way of answering names it (a web link does, a text
            does not).
        cause: `event_id` of the message it was read from; None for the web form.
        rule: The parsing rule that read the text; None for the web form.
        late_for: The prompt that it came too late for. It is kept, and answers no prompt.
        answers: By item id.
    """

    type: Literal["checkin.submitted"] = "checkin.submitted"
    channel: Channel
    language: Language
    opened_at: Instant | None = None
    started_at: Instant | None = None
    prompt_id: UUID | None = None
    cause: UUID | None = None
    rule: Slug | None = None
    late_for: UUID | None = None
    version: Annotated[int, Field(ge=1)] = 1
    corrects: UUID | None = None
    answers: dict[Slug, Answer] = Field(min_length=1)

    @property
    def checkin(self) -> UUID:
        """The check-in's id, the same in all its versions."""
        return self.corrects or self.event_id

    @model_validator(mode="after")
    def _names_what_it_corrects(self) -> Self:
        if (self.version > 1) != (self.corrects is not None):
            raise ValueError("a version above 1, and only that, names in `corrects` what it corrects")
        return self


class CheckInRetracted(Envelope):
    """A check-in does not count any more; a version of it without answers.

    Attributes:
        version: Higher than that of what is retracted.
        corrects: `event_id` of the check-in's first version.
    """

    type: Literal["checkin.retracted"] = "checkin.retracted"
    version: Annotated[int, Field(ge=2)]
    corrects: UUID

    @property
    def checkin(self) -> UUID:
        """The check-in's id."""
        return self.corrects
