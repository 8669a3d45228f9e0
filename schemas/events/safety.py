"""Safety alerts: a text that staff should read immediately."""

from typing import Literal
from uuid import UUID

from schemas.base import Slug
from schemas.events.envelope import Envelope


class SafetyRaised(Envelope):
    """A participant's text contains a crisis word; the study's staff should read it immediately.

    It is not a measure of risk, and contains none of the words.

    Attributes:
        cause: `event_id` of the message.
        rule: Which of the study's crisis words it was: language and position in the list, such as `en-3`.
    """

    type: Literal["safety.raised"] = "safety.raised"
    cause: UUID
    rule: Slug
