"""Decrypting a participant's text, and the step of the conversation that follows from it."""

from datetime import datetime

from schemas.events import MessageReceived, Reason
from schemas.sealing import WrongKey, unseal
from schemas.study import Study
from schemas.topics import MESSAGES
from streams.conversation.machine import respond
from streams.conversation.numbers import Refused
from streams.conversation.state import Conversation
from streams.conversation.turn import Step, dead_letter_for


def read_message(
    state: Conversation, message: MessageReceived, key: bytes | None, study: Study, now: datetime
) -> Step:
    """What follows from an encrypted text; a dead letter if it cannot be decrypted.

    Args:
        state: The conversation so far.
        message: The text as it was received.
        key: The participant's key; None if it was destroyed.
        study: The definition that the message refers to.
        now: The time of reading.
    """
    if key is None:
        return state, [
            dead_letter_for(
                message, Refused(Reason.KEY_DESTROYED, "the vault no longer has the participant's key"), now
            )
        ]
    try:
        text = unseal(
            key, message.text, topic=MESSAGES.name, participant=message.participant, event_id=message.event_id
        )
    except WrongKey:
        refused = Refused(Reason.WRONG_KEY, "the participant's key does not decrypt the text")
        return state, [dead_letter_for(message, refused, now)]
    return respond(state, message, text, study, now)
