"""Check-ins: submitted, corrected and retracted."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from schemas.base import MOST_DECIMALS, Channel, Instant, Language, Slug
from schemas.events.envelope import Envelope, Sealed

MOST_ANSWERS = 500
"""How many items one check-in can answer, and options one answer can have: more would outgrow a record."""

MOST_VERSIONS = 10_000
"""How often a check-in can be corrected: the revision of an indicator is a sum of versions."""


def _canonical(number: float) -> float:
    """The number, as an int if it is whole, so that equal answers are equal bytes."""
    if round(number, MOST_DECIMALS) != number:
        raise ValueError(f"a number has at most {MOST_DECIMALS} decimals")
    return int(number) if number.is_integer() else number


_Whole = Annotated[int, Field(ge=-1000, le=1000)]
_Decimal = Annotated[float, Field(ge=-1000, le=1000), AfterValidator(_canonical)]

Number = _Whole | _Decimal
"""An int, or a float with at most six decimals that is not whole."""

Answer = Number | Annotated[tuple[Slug, ...], Field(max_length=MOST_ANSWERS)] | Sealed
"""A number on a scale, the ids of the options chosen, or sealed text."""


class CheckInSubmitted(Envelope):
    """A participant answered. An item that was not answered is absent from `answers`.

    A correction is a later version of the same check-in. It repeats all the answers, names the first version
    in `corrects` and keeps its `occurred_at`. The highest version counts, whichever arrives last.

    Attributes:
        version: 1, or higher for a correction.
        corrects: `event_id` of the first version; None for that one itself.
        channel: How the answers were given, by SMS or on the web form.
        language: The language of the questions.
        opened_at: When the form was opened; None where that is unknown, as for texts.
        started_at: When the first answer was given or, where that is unknown, when the form was opened;
            `occurred_at` is when the check-in was submitted.
        prompt_id: The prompt that was answered, if the channel identifies it: a link to the form does, a
            text does not.
        cause: `event_id` of the message with the answers; None for the web form.
        rule: The parsing rule that recognised the text; None for the web form.
        late_for: The prompt that it came too late for. Such a check-in is kept, but answers no prompt.
        answers: The answers by item id.
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
    version: Annotated[int, Field(ge=1, le=MOST_VERSIONS)] = 1
    corrects: UUID | None = None
    answers: dict[Slug, Answer] = Field(min_length=1, max_length=MOST_ANSWERS)

    @property
    def checkin(self) -> UUID:
        """The check-in's id, the same in all its versions."""
        return self.corrects or self.event_id

    @model_validator(mode="after")
    def _names_what_it_corrects(self) -> Self:
        if (self.version > 1) != (self.corrects is not None):
            raise ValueError("a version above 1 must have `corrects`, and version 1 must not")
        return self


class CheckInRetracted(Envelope):
    """A check-in no longer counts. The event is a version of it without answers.

    Attributes:
        version: Higher than the version that is retracted.
        corrects: `event_id` of the check-in's first version.
    """

    type: Literal["checkin.retracted"] = "checkin.retracted"
    version: Annotated[int, Field(ge=2, le=MOST_VERSIONS)]
    corrects: UUID

    @property
    def checkin(self) -> UUID:
        """The check-in's id."""
        return self.corrects
