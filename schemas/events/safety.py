"""Safety alerts: words of a participant that staff should attend to immediately."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from schemas.base import Slug
from schemas.events.envelope import Envelope


class SafetyRaised(Envelope):
    """A text, or free text in the form, contains a crisis word; staff should attend to it immediately.

    It is not a measure of risk, and contains none of the words.

    Attributes:
        cause: `event_id` of the message, or of the check-in to which the form's page belongs.
        rule: Which crisis word it was: language and position in the study's list, such as `en-3`, or in the
            language's own, such as `common-en-3`.
    """

    type: Literal["safety.raised"] = "safety.raised"
    cause: UUID
    rule: Slug


class SafetyAttended(Envelope):
    """Somebody of the study's staff looked after a call for help.

    `occurred_at` is when they said so. Neither field is sealed: no clinical detail belongs in them.

    Attributes:
        alert: `event_id` of the alert.
        by: Who it was.
        did: What they did, in a few words.
    """

    type: Literal["safety.attended"] = "safety.attended"
    alert: UUID
    by: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    did: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
