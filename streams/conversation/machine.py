"""One step of a conversation: `(what is remembered, a text) -> (what is remembered then, what follows)`.

Pure: the same state and the same text give the same events, with the same ids, however often they are read.
A text is taken for the first of these that it is: opt-out, crisis, help, a command, a correction, an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from schemas.base import Channel
from schemas.codec import dead_letter, encode
from schemas.events import (
    CheckInSubmitted,
    ConsentChanged,
    ConsentStatus,
    DeadLetter,
    EnvelopeFields,
    Intent,
    LanguageChosen,
    MessageClassified,
    MessageReceived,
    PauseChanged,
    PromptSent,
    ReplyRequested,
    SafetyRaised,
    caused_by,
)
from schemas.identity import event_id
from schemas.study import Item, OwnInitiative, Study
from schemas.topics import MESSAGES
from streams.conversation.numbers import Parsed, Refused, parse, sms_items
from streams.conversation.state import Asking, CheckIn, Conversation, Number
from streams.conversation.words import correction, crisis, language_wanted, reserved
from streams.records.matching import latest_sent, open_prompt
from streams.records.timeline import local_day, to_ms

Outcome = (
    CheckInSubmitted
    | ConsentChanged
    | DeadLetter
    | LanguageChosen
    | MessageClassified
    | PauseChanged
    | ReplyRequested
    | SafetyRaised
)

RE_ASKS = 2
"""How often a text that cannot be read is asked again before the web link is sent instead."""

KEPT_LATE = timedelta(hours=24)
"""How long after a prompt's expiry an answer is still taken for a late one of it."""

_MISSES_FORGOTTEN = timedelta(hours=1)
_REPLY_WITHIN = timedelta(minutes=15)
_PROMPTS_KEPT = 48
_SEEN_KEPT = 50
_CONSENT_BY_TEXT = "sms"


def ask(state: Conversation, prompt: PromptSent, study: Study) -> Conversation:
    """Remember a prompt that was sent; where items are asked one by one, the first of them is pending."""
    if any(asking.prompt_id == prompt.event_id for asking in state.asked):
        return state
    new = Asking(prompt_id=prompt.event_id, sent_at=prompt.occurred_at, expires_at=prompt.expires_at)
    asked = tuple(sorted((*state.asked, new), key=lambda one: (one.sent_at, one.prompt_id)))[-_PROMPTS_KEPT:]
    state = state.model_copy(update={"asked": asked, "unclear_in_a_row": 0})
    if study.conversation.ask != "each" or prompt.channel != Channel.SMS or not study.sms:
        return state
    opened = CheckIn(
        checkin=event_id("by-text", str(prompt.event_id)),
        study=study.ref,
        begun_at=prompt.occurred_at,
        prompt_id=prompt.event_id,
    )
    return state.model_copy(update={"current": _asking_next(opened, study)})


def hear(
    state: Conversation, message: MessageReceived, text: str, study: Study, now: datetime
) -> tuple[Conversation, list[Outcome]]:
    """What a text changes and brings about.

    Args:
        state: What is remembered.
        message: The text's event.
        text: Its words, opened.
        study: The definition that the message names.
        now: When it is read; it is noted on what follows and decides nothing.
    """
    if message.event_id in state.seen:
        return state, []
    turn = _Turn(message, text, study, now)
    state, outcomes = _step(_forget(state, message, study), turn)
    if any(isinstance(outcome, DeadLetter) for outcome in outcomes):
        return state, outcomes  # it may be replayed, and then understood
    seen = (*state.seen, message.event_id)[-_SEEN_KEPT:]
    return state.model_copy(update={"seen": seen}), outcomes


@dataclass(frozen=True)
class _Turn:
    """A text with what is needed to say something back."""

    message: MessageReceived
    text: str
    study: Study
    now: datetime

    def envelope(self, name: str) -> EnvelopeFields:
        return caused_by(self.message, event_id(name, str(self.message.event_id)))

    def read(self, intent: Intent, unclear_in_a_row: int = 0) -> MessageClassified:
        return MessageClassified(
            **self.envelope("read"),
            cause=self.message.event_id,
            intent=intent,
            unclear_in_a_row=unclear_in_a_row,
        )

    def reply(self, name: str, item: str | None = None, language: str | None = None) -> ReplyRequested:
        return ReplyRequested(
            **caused_by(self.message, event_id("reply", str(self.message.event_id)), recorded_at=self.now),
            cause=self.message.event_id,
            language=language or self.message.language,
            reply=name,
            item=item,
            expires_at=self.message.recorded_at + _REPLY_WITHIN,
        )

    def consent(self, status: ConsentStatus) -> ConsentChanged:
        return ConsentChanged(**self.envelope("consent"), status=status, text_version=_CONSENT_BY_TEXT)


_Step = tuple[Conversation, list[Outcome]]


def _forget(state: Conversation, message: MessageReceived, study: Study) -> Conversation:
    """Leave a check-in that is too old to go on with, or that another version of the study asked for."""
    current = state.current
    if current is None:
        return state
    asking = next((one for one in state.asked if one.prompt_id == current.prompt_id), None)
    end = (asking.expires_at if asking else current.begun_at) + KEPT_LATE
    gone = message.occurred_at >= end or current.study != study.ref
    return state.model_copy(update={"current": None}) if gone else state


def _step(state: Conversation, turn: _Turn) -> _Step:
    command = reserved(turn.text)
    if command == Intent.OPT_OUT:
        state = state.model_copy(update={"stopped": True, "current": None, "unclear_in_a_row": 0})
        return state, [turn.read(command), turn.consent(ConsentStatus.CONTACT_STOPPED), turn.reply("stopped")]
    rule = crisis(turn.text, turn.study)
    if rule is not None:
        return _in_crisis(state, turn, rule)
    if command is not None:
        return _COMMANDS[command](state.model_copy(update={"unclear_in_a_row": 0}), turn)
    language = language_wanted(turn.text, turn.study)
    if language is not None:
        return _choose_language(state, turn, language)
    changed = correction(turn.text)
    if changed is not None:
        return _correct(state, turn, changed)
    return _answer(state, turn)


def _in_crisis(state: Conversation, turn: _Turn, rule: str) -> _Step:
    raised = SafetyRaised(**turn.envelope("safety"), cause=turn.message.event_id, rule=rule)
    paused = PauseChanged(**turn.envelope("pause"), paused=True, reason="crisis")
    return state, [turn.read(Intent.CRISIS), raised, paused, turn.reply("crisis")]


def _help(state: Conversation, turn: _Turn) -> _Step:
    return state, [turn.read(Intent.HELP), turn.reply("help")]


def _opt_in(state: Conversation, turn: _Turn) -> _Step:
    # Also where no text stopped us: the provider may have been told to, and says so only when we send.
    reply = turn.reply("resumed" if state.stopped else "help")
    state = state.model_copy(update={"stopped": False})
    return state, [turn.read(Intent.OPT_IN), turn.consent(ConsentStatus.GRANTED), reply]


def _skip(state: Conversation, turn: _Turn) -> _Step:
    current = state.current
    if current is None or current.pending is None:
        return state, [turn.read(Intent.SKIP), turn.reply("skipped")]
    current = current.model_copy(update={"skipped": (*current.skipped, current.pending)})
    return _go_on(state, turn, _asking_next(current, turn.study), [turn.read(Intent.SKIP)])


def _back(state: Conversation, turn: _Turn) -> _Step:
    current = state.current
    if current is None:
        return state, [turn.read(Intent.BACK), turn.reply("help")]
    asked = [item.id for item in sms_items(turn.study) if item.asked(current.answers)]
    place = asked.index(current.pending) if current.pending in asked else len(asked)
    earlier = asked[max(place - 1, 0)]
    skipped = tuple(name for name in current.skipped if name != earlier)
    current = current.model_copy(update={"pending": earlier, "skipped": skipped})
    return _go_on(state, turn, current, [turn.read(Intent.BACK)])


def _restart(state: Conversation, turn: _Turn) -> _Step:
    current = state.current
    if current is None:
        return state, [turn.read(Intent.RESTART), turn.reply("ask_all")]
    current = current.model_copy(update={"pending": turn.study.sms[0], "skipped": ()})
    return _go_on(state, turn, current, [turn.read(Intent.RESTART)])


def _begin(state: Conversation, turn: _Turn) -> _Step:
    rule = next((one for one in turn.study.schedule.prompts if isinstance(one, OwnInitiative)), None)
    read = turn.read(Intent.BEGIN)
    if rule is None or not turn.study.sms:
        return state, [read, turn.reply("help")]
    today = local_day(turn.message.occurred_at, turn.message.zone)
    count = state.own_count + 1 if state.own_day == today else 1
    if count > rule.max_per_day:
        return state, [read, turn.reply("enough_today")]
    state = state.model_copy(update={"own_day": today, "own_count": count})
    if turn.study.conversation.ask == "all":
        return state, [read, turn.reply("ask_all")]
    return _go_on(state, turn, _asking_next(_unprompted(turn), turn.study), [read])


_COMMANDS = {
    Intent.OPT_IN: _opt_in,
    Intent.HELP: _help,
    Intent.SKIP: _skip,
    Intent.BACK: _back,
    Intent.RESTART: _restart,
    Intent.BEGIN: _begin,
}


def _choose_language(state: Conversation, turn: _Turn, language: str) -> _Step:
    read = turn.read(Intent.LANGUAGE)
    if not language:
        return state, [read, turn.reply("language_unknown")]
    chosen = LanguageChosen(**turn.envelope("language"), language=language)
    pending = state.current.pending if state.current else None
    reply = (
        turn.reply("question", pending, language) if pending else turn.reply("language_set", None, language)
    )
    return state, [read, chosen, reply]


def _correct(state: Conversation, turn: _Turn, words: str) -> _Step:
    last = state.last
    if last is None or last.study != turn.study.ref:
        return state, [turn.read(Intent.CORRECTION), turn.reply("nothing_to_change")]
    answered = [item for item in sms_items(turn.study) if item.id in last.answers]
    parsed = parse(words, turn.study, turn.message.language, answered)
    if isinstance(parsed, Refused):
        return _unclear(state, turn, parsed, None)
    last, submitted = _version(last, turn, parsed.answers, f"change-{parsed.rule}")
    under_way = state.current is not None and state.current.checkin == last.checkin
    current = (
        last.model_copy(update={"pending": state.current.pending}) if under_way and state.current else None
    )
    state = state.model_copy(
        update={"last": last, "current": current if under_way else state.current, "unclear_in_a_row": 0}
    )
    return state, [submitted, turn.read(Intent.CORRECTION), turn.reply("corrected")]


def _answer(state: Conversation, turn: _Turn) -> _Step:
    pending = _pending(state, turn.study)
    parsed = _parsed(state, turn, pending)
    if isinstance(parsed, Refused):
        return _unclear(state, turn, parsed, pending)
    begun = state.current or _unprompted(turn)
    if not begun.version:
        in_time, late_for = _prompt_at(state, turn.message.occurred_at)
        begun = begun.model_copy(update={"begun_at": turn.message.occurred_at, "late_for": late_for})
        state = _mark_answered(state, in_time)
    begun, submitted = _version(begun, turn, parsed.answers, parsed.rule)
    state = state.model_copy(update={"last": begun, "unclear_in_a_row": 0})
    outcomes: list[Outcome] = [submitted, turn.read(Intent.ANSWER)]
    if state.current is None:
        return state, outcomes
    return _go_on(state, turn, _asking_next(begun, turn.study), outcomes)


def _parsed(state: Conversation, turn: _Turn, pending: Item | None) -> Parsed | Refused:
    language = turn.message.language
    if pending is None:
        return parse(turn.text, turn.study, language)
    one = parse(turn.text, turn.study, language, [pending])
    if isinstance(one, Refused) and state.current and not state.current.answers:
        every = parse(turn.text, turn.study, language)
        return every if isinstance(every, Parsed) else one
    return one


def _unclear(state: Conversation, turn: _Turn, refused: Refused, pending: Item | None) -> _Step:
    at = turn.message.occurred_at
    recent = state.missed_at is not None and at - state.missed_at < _MISSES_FORGOTTEN
    misses = state.unclear_in_a_row + 1 if recent else 1
    letter = letter_for(turn.message, refused, turn.now)
    outcomes: list[Outcome] = [letter, turn.read(Intent.UNCLEAR, misses)]
    if misses <= RE_ASKS:
        outcomes.append(turn.reply(refused.reason.value, pending.id if pending else None))
    elif misses == RE_ASKS + 1:
        outcomes.append(turn.reply("web_link"))
    # Whoever goes on is not answered any more: two machines must not keep each other talking.
    return state.model_copy(update={"unclear_in_a_row": misses, "missed_at": at}), outcomes


def letter_for(message: MessageReceived, refused: Refused, now: datetime) -> DeadLetter:
    """The dead letter for a text; the words in it stay sealed."""
    return dead_letter(
        topic=MESSAGES.name, key=message.participant.encode(), value=encode(message),
        reason=refused.reason, detail=refused.detail, at=now, event=message,
    )  # fmt: skip


def _version(
    checkin: CheckIn, turn: _Turn, answers: Mapping[str, Number], rule: str
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


def _go_on(state: Conversation, turn: _Turn, current: CheckIn, outcomes: list[Outcome]) -> _Step:
    """Ask what is pending, or thank."""
    if current.pending is None:
        thanks = "thanks" if current.answers else "skipped"
        return state.model_copy(update={"current": None}), [*outcomes, turn.reply(thanks)]
    return state.model_copy(update={"current": current}), [*outcomes, turn.reply("question", current.pending)]


def _asking_next(checkin: CheckIn, study: Study) -> CheckIn:
    left = (
        item.id
        for item in sms_items(study)
        if item.id not in checkin.answers and item.id not in checkin.skipped and item.asked(checkin.answers)
    )
    return checkin.model_copy(update={"pending": next(left, None)})


def _unprompted(turn: _Turn) -> CheckIn:
    return CheckIn(
        checkin=event_id("parsed", str(turn.message.event_id)),
        study=turn.study.ref,
        begun_at=turn.message.occurred_at,
    )


def _pending(state: Conversation, study: Study) -> Item | None:
    return study.item(state.current.pending) if state.current and state.current.pending else None


def _prompt_at(state: Conversation, at: datetime) -> tuple[UUID | None, UUID | None]:
    """The prompt that a text at that time answers, and the one that it comes too late for."""
    sent = [asking.sent for asking in state.asked]
    in_time = open_prompt(sent, to_ms(at))
    if in_time is not None:
        return UUID(in_time.id), None
    latest = latest_sent(sent, to_ms(at))
    if latest is None:
        return None, None
    asking = state.asked[sent.index(latest)]
    late = not asking.answered and at - asking.expires_at < KEPT_LATE
    return None, asking.prompt_id if late else None


def _mark_answered(state: Conversation, prompt_id: UUID | None) -> Conversation:
    asked = tuple(
        asking.model_copy(update={"answered": True}) if asking.prompt_id == prompt_id else asking
        for asking in state.asked
    )
    return state.model_copy(update={"asked": asked})
