"""Safety alerts: a text that staff should look at at once."""

from typing import Literal
from uuid import UUID

from schemas.base import Slug
from schemas.events.envelope import Envelope


class SafetyRaised(Envelope):
    """A participant's text contains a crisis word; the study's staff should look at it at once.

    It is no measure of risk, and holds nothing of the text.

    Attributes:
        cause: `event_id` of the message.
        rule: Which of the study's words of crisis it was: language and place in the list, such as `en-3`.
    """

    type: Literal["safety.raised"] = "safety.raised"
    cause: UUID
    rule: Slug
