"""Opening a participant's text, and the step of the conversation that it makes."""

from datetime import datetime

from schemas.events import MessageReceived, Reason
from schemas.sealing import WrongKey, unseal
from schemas.study import Study
from schemas.topics import MESSAGES
from streams.conversation.machine import Outcome, hear, letter_for
from streams.conversation.numbers import Refused
from streams.conversation.state import Conversation


def read_message(
    state: Conversation, message: MessageReceived, key: bytes | None, study: Study, now: datetime
) -> tuple[Conversation, list[Outcome]]:
    """What follows from a sealed text; a dead letter where it cannot be opened.

    Args:
        state: What is remembered of the conversation.
        message: The text as it came.
        key: The participant's key; None if it was destroyed.
        study: The definition that the message names.
        now: When it is read.
    """
    if key is None:
        return state, [letter_for(message, Refused(Reason.KEY_DESTROYED, "the vault has no such key"), now)]
    try:
        text = unseal(
            key, message.text, topic=MESSAGES.name, participant=message.participant, event_id=message.event_id
        )
    except WrongKey:
        refused = Refused(Reason.WRONG_KEY, "the participant's key does not open the text")
        return state, [letter_for(message, refused, now)]
    return hear(state, message, text, study, now)
