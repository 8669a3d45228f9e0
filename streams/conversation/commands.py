"""What each command does, and a text that matches a safety rule."""

from typing import assert_never

from schemas.events import ConsentStatus, Intent
from schemas.study import OwnInitiative
from streams.conversation.checkins import proceed, unprompted
from streams.conversation.numbers import sms_items
from streams.conversation.prompts import with_next_item
from streams.conversation.state import Conversation
from streams.conversation.turn import Step, Turn
from streams.conversation.words import Command
from streams.records.timeline import local_day


def opt_out(state: Conversation, turn: Turn) -> Step:
    """Stop contact. It neither withdraws the participant nor erases anything."""
    state = state.model_copy(update={"stopped": True, "current": None, "unclear_in_a_row": 0})
    return state, [
        turn.classified(Intent.OPT_OUT),
        turn.consent(ConsentStatus.CONTACT_STOPPED),
        turn.reply("stopped"),
    ]


def raise_alert(state: Conversation, turn: Turn, rule: str) -> Step:
    """Alert the staff, pause the prompts, and send the study's notice about help."""
    return state, [
        turn.classified(Intent.CRISIS),
        turn.safety_alert(rule),
        turn.pause("crisis"),
        turn.reply("crisis"),
    ]


def choose_language(state: Conversation, turn: Turn, language: str) -> Step:
    """Change the language; `language` is empty if the study does not have the one that was asked for."""
    classified = turn.classified(Intent.LANGUAGE)
    if not language:
        return state, [classified, turn.reply("language_unknown")]
    pending = state.current.pending if state.current else None
    reply = turn.reply("question" if pending else "language_set", pending, language)
    return state, [classified, turn.language(language), reply]


def obey(state: Conversation, turn: Turn, command: Command) -> Step:
    """Do what a command asks for."""
    if command is Intent.OPT_OUT:
        return opt_out(state, turn)
    state = state.model_copy(update={"unclear_in_a_row": 0})
    match command:
        case Intent.OPT_IN:
            return _opt_in(state, turn)
        case Intent.HELP:
            return state, [turn.classified(Intent.HELP), turn.reply("help")]
        case Intent.SKIP:
            return _skip(state, turn)
        case Intent.BACK:
            return _back(state, turn)
        case Intent.RESTART:
            return _restart(state, turn)
        case Intent.BEGIN:
            return _begin(state, turn)
        case _:
            assert_never(command)


def _opt_in(state: Conversation, turn: Turn) -> Step:
    # Also if no text stopped contact: the provider may have been asked to, and only says so when we send.
    reply = turn.reply("resumed" if state.stopped else "help")
    state = state.model_copy(update={"stopped": False})
    return state, [turn.classified(Intent.OPT_IN), turn.consent(ConsentStatus.GRANTED), reply]


def _skip(state: Conversation, turn: Turn) -> Step:
    current, classified = state.current, turn.classified(Intent.SKIP)
    if current is None or current.pending is None:
        return state, [classified, turn.reply("skipped")]
    current = current.model_copy(update={"skipped": (*current.skipped, current.pending)})
    return proceed(state, turn, with_next_item(current, turn.study), [classified])


def _back(state: Conversation, turn: Turn) -> Step:
    current, classified = state.current, turn.classified(Intent.BACK)
    if current is None:
        return state, [classified, turn.reply("help")]
    asked = [item.id for item in sms_items(turn.study) if item.asked(current.answers)]
    place = asked.index(current.pending) if current.pending in asked else len(asked)
    earlier = asked[max(place - 1, 0)]
    skipped = tuple(name for name in current.skipped if name != earlier)
    current = current.model_copy(update={"pending": earlier, "skipped": skipped})
    return proceed(state, turn, current, [classified])


def _restart(state: Conversation, turn: Turn) -> Step:
    current, classified = state.current, turn.classified(Intent.RESTART)
    if current is None:
        return state, [classified, turn.reply("ask_all")]
    current = current.model_copy(update={"pending": turn.study.sms[0], "skipped": ()})
    return proceed(state, turn, current, [classified])


def _begin(state: Conversation, turn: Turn) -> Step:
    rule = next((one for one in turn.study.schedule.prompts if isinstance(one, OwnInitiative)), None)
    classified = turn.classified(Intent.BEGIN)
    if rule is None or not turn.study.sms:
        return state, [classified, turn.reply("help")]
    today = local_day(turn.message.occurred_at, turn.message.zone)
    count = state.own_count + 1 if state.own_day == today else 1
    if count > rule.max_per_day:
        return state, [classified, turn.reply("enough_today")]
    state = state.model_copy(update={"own_day": today, "own_count": count})
    if turn.study.conversation.ask == "all":
        return state, [classified, turn.reply("ask_all")]
    return proceed(state, turn, with_next_item(unprompted(turn), turn.study), [classified])
