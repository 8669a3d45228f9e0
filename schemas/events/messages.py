"""Text messages from participants, and how each was classified."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from schemas.base import Count, Language, Slug
from schemas.events.envelope import Envelope, Sealed


class MessageReceived(Envelope):
    """A participant sent a text. `event_id` is derived from the provider's message id.

    Attributes:
        provider: The SMS provider that delivered it.
        provider_message_id: The provider's own id of the message; the same id means the same message.
        language: The participant's language when the text arrived.
        text: The words, sealed with the participant's key.
    """

    type: Literal["message.received"] = "message.received"
    provider: Slug
    provider_message_id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    language: Language
    text: Sealed


class Intent(StrEnum):
    """How a participant's text was classified."""

    ANSWER = "answer"
    CORRECTION = "correction"
    UNCLEAR = "unclear"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    CRISIS = "crisis"
    HELP = "help"
    SKIP = "skip"
    BACK = "back"
    RESTART = "restart"
    LANGUAGE = "language"
    BEGIN = "begin"


class MessageClassified(Envelope):
    """A text was classified. The event says what kind of text it was, never its words.

    Attributes:
        cause: `event_id` of the message.
        intent: How it was classified.
        unclear_in_a_row: Number of consecutive texts that were not understood, including this one; 0 if this
            one was.
    """

    type: Literal["message.classified"] = "message.classified"
    cause: UUID
    intent: Intent
    unclear_in_a_row: Count = 0
