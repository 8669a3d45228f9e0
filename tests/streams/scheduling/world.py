"""One participant with the planner and a dispatcher, to be played through time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from schemas.base import Channel
from schemas.events import (
    CheckInSubmitted,
    ConsentChanged,
    ConsentStatus,
    Event,
    ParticipantEnrolled,
    PromptClosed,
    PromptRequested,
    PromptSent,
)
from schemas.identity import event_id
from schemas.study import Schedule, Study
from schemas.study.file import load_study
from streams.scheduling.decide import decide
from streams.scheduling.participant_state import ParticipantState
from tests.conftest import DEMO

WHO = "p-0123456789abcdef"
START = datetime(2026, 6, 1, 5, 0, tzinfo=UTC)  # 07:00 in Brussels
_Event = TypeVar("_Event")
STEP = timedelta(minutes=5)


def scheduled(**changes: object) -> Study:
    study = load_study(DEMO)
    plain = study.schedule.model_dump() | changes
    return study.model_copy(update={"schedule": Schedule.model_validate(plain)})


STUDY = scheduled()


@dataclass
class World:
    """One person, the planner, and a sender that sends all; time goes on from one thing to the next."""

    study: Study = STUDY
    state: ParticipantState = field(default_factory=ParticipantState)
    log: list[Event] = field(default_factory=list)
    at: datetime = START
    zone: str = "Europe/Brussels"
    start_date: date = date(2026, 6, 1)
    sends: bool = True
    restarts: bool = False
    answers: Callable[[PromptSent], bool] = lambda _: False

    def __post_init__(self) -> None:
        self.enrol()
        self.say(ConsentChanged, "granted", status=ConsentStatus.GRANTED, text_version="1")

    def envelope(self, *cause: str) -> dict[str, object]:
        return {
            "event_id": event_id("test", *cause, str(self.at)), "study": self.study.ref, "participant": WHO,
            "occurred_at": self.at, "recorded_at": self.at, "zone": self.zone,
        }  # fmt: skip

    def say(self, kind: type[Any], *cause: str, **fields: object) -> None:
        self.hear(kind.model_validate(self.envelope(kind.__name__, *cause) | fields))

    def hear(self, event: Event) -> None:
        self.log.append(event)
        self.state.learn(event)

    def enrol(self) -> None:
        self.say(ParticipantEnrolled, self.zone, arm="cbt", language="nl", start_date=self.start_date)

    def restart(self) -> None:
        self.state = ParticipantState()
        for event in self.log:
            self.state.learn(event)

    def step(self) -> datetime | None:
        """Does what is due, and tells when to look again."""
        decision = decide(self.state, self.study, "secret", self.at)
        for event in decision.events:
            self.log.append(event)
            if isinstance(event, PromptRequested) and event.attempt == 0 and self.sends:
                self._send(event)
        if self.restarts:
            self.restart()
        return decision.next_at

    def _send(self, asked: PromptRequested) -> None:
        sent = PromptSent(
            event_id=asked.prompt_id, study=asked.study, participant=WHO, occurred_at=self.at,
            recorded_at=self.at, zone=self.zone, channel=asked.channel, scheduled_at=asked.scheduled_at,
            expires_at=asked.expires_at, study_day=asked.study_day, beep=asked.beep,
        )  # fmt: skip
        self.hear(sent)
        if self.answers(sent):
            self.say(
                CheckInSubmitted, str(sent.event_id), channel=Channel.WEB, language="nl",
                prompt_id=sent.event_id, answers={"mood": 7},
            )  # fmt: skip

    def until(self, end: datetime, step: timedelta = STEP) -> None:
        while self.at < end:
            self.at += step
            self.step()

    def leap(self, end: datetime) -> None:
        """Go on to `end`, looking only when the planner asks to."""
        while self.at < end:
            self.at = min(end, max(self.step() or end, self.at + timedelta(seconds=1)))

    def of(self, kind: type[_Event]) -> list[_Event]:
        return [event for event in self.log if isinstance(event, kind)]

    @property
    def asked(self) -> list[PromptRequested]:
        return [one for one in self.of(PromptRequested) if one.attempt == 0]

    @property
    def outcomes(self) -> list[str]:
        return [f"{one.outcome}:{one.detail or ''}" for one in self.of(PromptClosed)]


def days(count: float) -> timedelta:
    return timedelta(days=count)
