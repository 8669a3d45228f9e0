"""Answers and corrections by text: each is a new version of a check-in."""

from collections.abc import Mapping
from datetime import timedelta

from schemas.base import Channel
from schemas.events import CheckInSubmitted, Intent, caused_by
from schemas.identity import event_id
from schemas.study import Item, Study
from streams.conversation.numbers import Parsed, Refused, parse, sms_items
from streams.conversation.prompts import mark_answered, prompt_at, with_next_item
from streams.conversation.state import CheckIn, Conversation, Number
from streams.conversation.turn import Outcome, Step, Turn

RE_ASKS = 2
"""How often a text that cannot be read is asked again before the web link is sent instead."""

_MISSES_FORGOTTEN = timedelta(hours=1)


def answer(state: Conversation, turn: Turn) -> Step:
    """Take the text for an answer to the item that is pending, or to all of them."""
    pending = _pending(state, turn.study)
    parsed = _parsed(state, turn, pending)
    if isinstance(parsed, Refused):
        return _unclear(state, turn, parsed, pending)
    begun = state.current or unprompted(turn)
    if not begun.version:
        in_time, late_for = prompt_at(state, turn.message.occurred_at)
        begun = begun.model_copy(update={"begun_at": turn.message.occurred_at, "late_for": late_for})
        state = mark_answered(state, in_time)
    begun, submitted = _next_version(begun, turn, parsed.answers, parsed.rule)
    state = state.model_copy(update={"last": begun, "unclear_in_a_row": 0})
    outcomes: list[Outcome] = [submitted, turn.classified(Intent.ANSWER)]
    if state.current is None:
        return state, outcomes
    return proceed(state, turn, with_next_item(begun, turn.study), outcomes)


def correct(state: Conversation, turn: Turn, words: str) -> Step:
    """Change answers of the last check-in."""
    last = state.last
    if last is None or last.study != turn.study.ref:
        return state, [turn.classified(Intent.CORRECTION), turn.reply("nothing_to_change")]
    answered = [item for item in sms_items(turn.study) if item.id in last.answers]
    parsed = parse(words, turn.study, turn.message.language, answered)
    if isinstance(parsed, Refused):
        return _unclear(state, turn, parsed, None)
    last, submitted = _next_version(last, turn, parsed.answers, f"change-{parsed.rule}")
    current = state.current
    if current is not None and current.checkin == last.checkin:
        current = last.model_copy(update={"pending": current.pending})
    state = state.model_copy(update={"last": last, "current": current, "unclear_in_a_row": 0})
    return state, [submitted, turn.classified(Intent.CORRECTION), turn.reply("corrected")]


def unprompted(turn: Turn) -> CheckIn:
    """A check-in that begins with this text."""
    return CheckIn(
        checkin=event_id("parsed", str(turn.message.event_id)),
        study=turn.study.ref,
        begun_at=turn.message.occurred_at,
    )


def proceed(state: Conversation, turn: Turn, current: CheckIn, outcomes: list[Outcome]) -> Step:
    """Ask what is pending, or end with thanks."""
    if current.pending is None:
        thanks = "thanks" if current.answers else "skipped"
        return state.model_copy(update={"current": None}), [*outcomes, turn.reply(thanks)]
    return state.model_copy(update={"current": current}), [*outcomes, turn.reply("question", current.pending)]


def _pending(state: Conversation, study: Study) -> Item | None:
    return study.item(state.current.pending) if state.current and state.current.pending else None


def _parsed(state: Conversation, turn: Turn, pending: Item | None) -> Parsed | Refused:
    language = turn.message.language
    if pending is None:
        return parse(turn.text, turn.study, language)
    one = parse(turn.text, turn.study, language, [pending])
    if isinstance(one, Refused) and state.current and not state.current.answers:
        every = parse(turn.text, turn.study, language)
        return every if isinstance(every, Parsed) else one
    return one


def _unclear(state: Conversation, turn: Turn, refused: Refused, pending: Item | None) -> Step:
    at = turn.message.occurred_at
    recent = state.missed_at is not None and at - state.missed_at < _MISSES_FORGOTTEN
    misses = state.unclear_in_a_row + 1 if recent else 1
    outcomes: list[Outcome] = [turn.dead_letter(refused), turn.classified(Intent.UNCLEAR, misses)]
    if misses <= RE_ASKS:
        outcomes.append(turn.reply(refused.reason.value, pending.id if pending else None))
    elif misses == RE_ASKS + 1:
        outcomes.append(turn.reply("web_link"))
    # Beyond that nothing is replied: two machines must not keep each other talking.
    return state.model_copy(update={"unclear_in_a_row": misses, "missed_at": at}), outcomes


def _next_version(
    checkin: CheckIn, turn: Turn, answers: Mapping[str, Number], rule: str
) -> tuple[CheckIn, CheckInSubmitted]:
    """The next version of a check-in, with all answers so far."""
    skipped = tuple(name for name in checkin.skipped if name not in answers)
    checkin = checkin.model_copy(
        update={
            "version": checkin.version + 1,
            "answers": {**checkin.answers, **answers},
            "skipped": skipped,
        }
    )
    first = checkin.version == 1
    name = checkin.checkin if first else event_id("version", str(checkin.checkin), str(checkin.version))
    submitted = CheckInSubmitted(
        **caused_by(turn.message, name, occurred_at=checkin.begun_at),
        channel=Channel.SMS,
        language=turn.message.language,
        cause=turn.message.event_id,
        rule=rule,
        late_for=checkin.late_for,
        version=checkin.version,
        corrects=None if first else checkin.checkin,
        answers={**checkin.answers},
    )
    return checkin, submitted
