"""What the planner knows of one participant: a fold over the topics' events, in any order, with repeats."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar, assert_never
from uuid import UUID

from schemas.consumers import Consumes
from schemas.events import (
    CheckInRetracted,
    CheckInSubmitted,
    ConsentChanged,
    ConsentStatus,
    DayPlanned,
    Envelope,
    Event,
    LanguageChosen,
    ParticipantEnrolled,
    PauseChanged,
    PlannedPrompt,
    PromptClosed,
    PromptRequested,
    PromptSent,
    ReplyRequested,
    SupportDecided,
)
from schemas.topics import CHECKINS, CONSENTS, PARTICIPANTS, PROMPTS, TEXTS
from streams.records.matching import CheckInVersion, SentPrompt, first_answers
from streams.records.timeline import to_ms

_Event = TypeVar("_Event", bound=Envelope)

Learned = (
    ParticipantEnrolled
    | ConsentChanged
    | LanguageChosen
    | PauseChanged
    | DayPlanned
    | PromptRequested
    | PromptSent
    | PromptClosed
    | SupportDecided
    | CheckInSubmitted
    | CheckInRetracted
)
"""What the planner learns from."""

CONTRACT: Consumes[Learned] = Consumes(
    "planner",
    (PARTICIPANTS, CONSENTS, PROMPTS, CHECKINS, TEXTS),
    handles=(
        ParticipantEnrolled,
        ConsentChanged,
        LanguageChosen,
        PauseChanged,
        DayPlanned,
        PromptRequested,
        PromptSent,
        PromptClosed,
        SupportDecided,
        CheckInSubmitted,
        CheckInRetracted,
    ),
    ignores=(ReplyRequested,),
)

KEPT = timedelta(days=16)
"""How long plans and what became of them are remembered: longer than any adaptation looks back."""


@dataclass
class Fate:
    """What became of a planned prompt.

    Attributes:
        attempts: Requests so far: 0 is the prompt, 1 and more are reminders.
        sent_at: When it was sent.
        expires_at: From when on an answer does not count for it; known once it was sent.
        closed: Whether it has ended without an answer.
        decided: Whether its supportive text has been decided on.
    """

    attempts: set[int] = field(default_factory=set)
    sent_at: datetime | None = None
    expires_at: datetime | None = None
    closed: bool = False
    decided: bool = False


@dataclass
class ParticipantState:
    """A participant, as far as the planner needs to know.

    Attributes:
        enrolled: The newest enrolment; None as long as only other things are known.
        first_enrolled_at: When they joined.
        consent, language, pause: The newest of each.
        plans: The newest plan of each date.
        dropped: Prompts of plans that a newer one replaced.
        fates: By prompt.
        checkins: By id, the highest version of each check-in.
    """

    enrolled: ParticipantEnrolled | None = None
    first_enrolled_at: datetime | None = None
    consent: ConsentChanged | None = None
    language: LanguageChosen | None = None
    pause: PauseChanged | None = None
    plans: dict[date, DayPlanned] = field(default_factory=dict)
    dropped: set[UUID] = field(default_factory=set)
    fates: dict[UUID, Fate] = field(default_factory=dict)
    checkins: dict[UUID, CheckInSubmitted | CheckInRetracted] = field(default_factory=dict)
    _answered: frozenset[str] | None = field(default=None, init=False, repr=False, compare=False)

    def learn(self, event: Event) -> None:
        """Take in an event of the planner's topics."""
        learned = CONTRACT.select(event)
        match learned:
            case ParticipantEnrolled():
                self.enrolled = _newer(self.enrolled, learned)
                first = self.first_enrolled_at
                self.first_enrolled_at = min(first, learned.occurred_at) if first else learned.occurred_at
            case ConsentChanged():
                self.consent = _newer(self.consent, learned)
            case LanguageChosen():
                self.language = _newer(self.language, learned)
            case PauseChanged():
                self.pause = _newer(self.pause, learned)
            case DayPlanned():
                self._learn_plan(learned)
            case PromptRequested():
                self.fate(learned.prompt_id).attempts.add(learned.attempt)
            case PromptSent():
                fate = self.fate(learned.event_id)
                fate.sent_at, fate.expires_at = learned.occurred_at, learned.expires_at
                self._answered = None
            case PromptClosed():
                self.fate(learned.prompt_id).closed = True
            case SupportDecided():
                self.fate(learned.prompt_id).decided = True
            case CheckInSubmitted() | CheckInRetracted():
                self._learn_checkin(learned)
            case None:
                pass
            case _:
                assert_never(learned)

    def _learn_plan(self, plan: DayPlanned) -> None:
        there = self.plans.get(plan.date)
        newest = self.plans[plan.date] = _newer(there, plan)
        for one in (there, plan):
            if one is not None:
                self.dropped |= {prompt.prompt_id for prompt in one.prompts}
        self.dropped -= {prompt.prompt_id for prompt in newest.prompts}

    def _learn_checkin(self, event: CheckInSubmitted | CheckInRetracted) -> None:
        there = self.checkins.get(event.checkin)
        if there is None or (event.version, event.event_id) > (there.version, there.event_id):
            self.checkins[event.checkin] = event
            self._answered = None

    def fate(self, prompt_id: UUID) -> Fate:
        """What became of a prompt."""
        return self.fates.setdefault(prompt_id, Fate())

    def contactable(self) -> bool:
        """Whether the person agrees to be asked."""
        return self.consent is not None and self.consent.status == ConsentStatus.GRANTED

    def paused(self, now: datetime) -> bool:
        """Whether prompts pause at that moment."""
        pause = self.pause
        return pause is not None and pause.paused and (pause.until is None or now < pause.until)

    def addressed_in(self) -> str:
        """The language to address the person in."""
        if self.enrolled is None:
            raise ValueError("nobody is enrolled")
        chosen = self.language
        if chosen is not None and chosen.occurred_at >= self.enrolled.occurred_at:
            return chosen.language
        return self.enrolled.language

    def answered(self, prompt: PlannedPrompt) -> bool:
        """Whether a check-in answers the prompt (`streams.records.matching`)."""
        if self._answered is None:
            self._answered = frozenset(first_answers(self._sent(), map(_version, self.checkins.values())))
        return str(prompt.prompt_id) in self._answered

    def _sent(self) -> list[SentPrompt]:
        return sorted(
            SentPrompt(to_ms(fate.sent_at), str(prompt_id), to_ms(fate.expires_at))
            for prompt_id, fate in self.fates.items()
            if fate.sent_at is not None and fate.expires_at is not None
        )

    def last_sent(self) -> datetime | None:
        """When the newest prompt was sent."""
        return max((fate.sent_at for fate in self.fates.values() if fate.sent_at), default=None)

    def forget(self, now: datetime) -> None:
        """Forget what is too old to matter."""
        oldest = now - KEPT
        gone = [day for day, plan in self.plans.items() if plan.occurred_at < oldest]
        for day in gone:
            for prompt in self.plans.pop(day).prompts:
                self.fates.pop(prompt.prompt_id, None)
        for prompt_id in [one for one in self.dropped if self.fate(one).closed]:
            self.dropped.discard(prompt_id)
            self.fates.pop(prompt_id, None)
        self.checkins = {name: one for name, one in self.checkins.items() if one.occurred_at >= oldest}
        self._answered = None


def _version(checkin: CheckInSubmitted | CheckInRetracted) -> CheckInVersion:
    at, name = to_ms(checkin.occurred_at), str(checkin.checkin)
    if isinstance(checkin, CheckInRetracted):
        return CheckInVersion(at, name, retracted=True)
    named = str(checkin.prompt_id) if checkin.prompt_id else ""
    return CheckInVersion(at, name, named, late=checkin.late_for is not None)


def _newer(there: _Event | None, event: _Event) -> _Event:
    if there is None or (event.occurred_at, event.event_id) >= (there.occurred_at, there.event_id):
        return event
    return there
