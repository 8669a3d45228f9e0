"""One step of a conversation: `(state, text) -> (state, events)`.

Pure: the same state and the same text give the same events, with the same ids, however often they are read.
A text is taken for the first of these that it matches: safety rule, command (opt-out first), language,
correction, answer.
"""

from datetime import datetime

from locales.text_rules import text_alert
from schemas.events import DeadLetter, MessageReceived
from schemas.study import Study
from streams.conversation.checkins import answer, correct
from streams.conversation.commands import choose_language, obey, raise_alert
from streams.conversation.prompts import drop_outdated
from streams.conversation.state import Conversation
from streams.conversation.turn import Step, Turn
from streams.conversation.words import correction, language_wanted, reserved

_SEEN_KEPT = 50


def respond(state: Conversation, message: MessageReceived, text: str, study: Study, now: datetime) -> Step:
    """The conversation after a text, and the events that follow from it.

    Args:
        state: The conversation so far.
        message: The text's event.
        text: Its words, decrypted.
        study: The definition that the message names.
        now: When it is processed; recorded on what follows, and decides nothing.
    """
    if message.event_id in state.seen:
        return state, []
    state, outcomes = _step(drop_outdated(state, message, study), Turn(message, text, study, now))
    if any(isinstance(outcome, DeadLetter) for outcome in outcomes):
        return state, outcomes  # it may be replayed, and then understood
    seen = (*state.seen, message.event_id)[-_SEEN_KEPT:]
    return state.model_copy(update={"seen": seen}), outcomes


def _step(state: Conversation, turn: Turn) -> Step:
    command = reserved(turn.text)
    rule = text_alert(turn.text, turn.study)
    if rule is not None:  # also before an opt-out: "I want to end it all" reads like one
        return raise_alert(state, turn, rule)
    if command is not None:
        return obey(state, turn, command)
    language = language_wanted(turn.text, turn.study)
    if language is not None:
        return choose_language(state, turn, language)
    changed = correction(turn.text)
    if changed is not None:
        return correct(state, turn, changed)
    return answer(state, turn)
