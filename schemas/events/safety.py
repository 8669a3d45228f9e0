"""Safety alerts: words of a participant that staff should attend to immediately."""

from typing import Literal
from uuid import UUID

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
