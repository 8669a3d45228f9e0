"""What the planner knows about one participant: a fold over events, in any order and with duplicates."""

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
"""The events that the planner learns from."""

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
"""How long plans and their outcomes are kept: longer than any adaptation looks back."""


@dataclass
class Fate:
    """What became of a planned prompt.

    Attributes:
        attempts: Numbers of the requests so far: 0 is the prompt itself, 1 and up are reminders.
        sent_at: When it was sent.
        expires_at: When answers stop counting for it; known once it was sent.
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
    """What the planner keeps about a participant.

    Attributes:
        enrolled: The newest enrolment; None until one is known.
        first_enrolled_at: When the participant first enrolled.
        consent, language, pause: The newest of each.
        plans: The newest plan of each date.
        dropped: Prompts that a newer plan no longer contains.
        fates: What became of each prompt, by its id.
        checkins: The highest version of each check-in, by its id.
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
        """Apply an event from the planner's topics."""
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
        known = self.plans.get(plan.date)
        newest = self.plans[plan.date] = _newer(known, plan)
        for one in (known, plan):
            if one is not None:
                self.dropped |= {prompt.prompt_id for prompt in one.prompts}
        self.dropped -= {prompt.prompt_id for prompt in newest.prompts}

    def _learn_checkin(self, event: CheckInSubmitted | CheckInRetracted) -> None:
        known = self.checkins.get(event.checkin)
        if known is None or (event.version, event.event_id) > (known.version, known.event_id):
            self.checkins[event.checkin] = event
            self._answered = None

    def fate(self, prompt_id: UUID) -> Fate:
        """What became of a prompt."""
        return self.fates.setdefault(prompt_id, Fate())

    def contactable(self) -> bool:
        """Whether the participant consents to being prompted."""
        return self.consent is not None and self.consent.status == ConsentStatus.GRANTED

    def paused(self, now: datetime) -> bool:
        """Whether prompts are paused at that moment."""
        pause = self.pause
        return pause is not None and pause.paused and (pause.until is None or now < pause.until)

    def addressed_in(self) -> str:
        """The language in which to address the participant."""
        if self.enrolled is None:
            raise ValueError("the participant is not enrolled")
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
        """When the most recent prompt was sent."""
        return max((fate.sent_at for fate in self.fates.values() if fate.sent_at), default=None)

    def forget(self, now: datetime) -> None:
        """Discard whatever is too old to matter."""
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


def _newer(known: _Event | None, event: _Event) -> _Event:
    if known is None or (event.occurred_at, event.event_id) >= (known.occurred_at, known.event_id):
        return event
    return known
