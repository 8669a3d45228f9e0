"""Decides what is due for one participant: `(state, now) -> (events, when to look again)`.

Pure and deterministic: the same state gives the same events with the same ids, so a crash between deciding
and publishing neither loses nor duplicates a prompt. A prompt whose time was missed is discarded for good.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from schemas.events import (
    DayPlanned,
    EnvelopeFields,
    Event,
    Outcome,
    ParticipantEnrolled,
    PlannedPrompt,
    PromptClosed,
    PromptRequested,
    ReplyRequested,
    SupportDecided,
    caused_by,
)
from schemas.identity import event_id
from schemas.study import RandomTimes, Study
from streams.scheduling.draws import drawer
from streams.scheduling.local_time import instant_of, local_date
from streams.scheduling.participant_state import ParticipantState
from streams.scheduling.plan import Day, plan

_DAY = timedelta(days=1)
_DAYS_CAUGHT_UP = 7
_SETTLED = timedelta(days=2)
_ANSWERS_IN_FLIGHT = timedelta(minutes=1)
"""How long after expiry a prompt is closed, since an answer given in time may still be in flight."""


@dataclass
class Decision:
    """What to publish now, and when to look again.

    Attributes:
        events: In order of publication.
        next_at: When to look again at the latest; None if only a new event can change anything.
    """

    events: list[Event] = field(default_factory=list)
    next_at: datetime | None = None

    def wait(self, until: datetime) -> None:
        """Look again at that time, or earlier."""
        self.next_at = until if self.next_at is None else min(self.next_at, until)


def decide(state: ParticipantState, study: Study, secret: str, now: datetime) -> Decision:
    """Decide what is due for a participant.

    Args:
        state: What is known about the participant; the new events are added to it.
        study: The study definition named in the participant's enrolment.
        secret: The installation's secret, from which draws are derived.
        now: The current time.
    """
    decision = Decision()
    person = state.enrolled
    if person is None or state.first_enrolled_at is None:
        return decision
    turn = _Turn(state, person, study, secret, now, decision)
    turn.plan_days()
    turn.close_dropped()
    for planned in sorted(state.plans.values(), key=lambda one: one.date):
        for prompt in planned.prompts:
            turn.follow(planned, prompt)
    return decision


@dataclass
class _Turn:
    state: ParticipantState
    person: ParticipantEnrolled
    study: Study
    secret: str
    now: datetime
    decision: Decision

    def plan_days(self) -> None:
        """Plan today, and earlier days that were not planned because the planner was down."""
        today = local_date(self.now, self.person.zone)
        midnight = instant_of(today + _DAY, "00:00", self.person.zone)
        self.decision.wait(midnight or self.now + _DAY)
        if not self.state.contactable():
            return
        joined = local_date(self.state.first_enrolled_at or self.now, self.person.zone)
        first = max(
            joined,
            self.person.start_date,
            local_date(self._consented_at(), self.person.zone),
            today - _DAY * _DAYS_CAUGHT_UP,
        )
        if self.state.plans:
            first = max(first, max(self.state.plans) + _DAY)
        for place in range((today - first).days + 1):
            self._plan(first + _DAY * place)
        self._replan(today)

    def _plan(self, day: date) -> None:
        study_day = (day - self.person.start_date).days + 1
        arm = self.study.arm(self.person.arm)
        if study_day < 1 or arm is None or study_day > arm.days:
            return
        per_day, share = self._adapted(day)
        which = Day(self.person.participant, self.person.arm, self.person.zone, day, study_day)
        prompts = plan(which, self.study, self.secret, per_day)
        since = max(self.state.first_enrolled_at or self.now, self._consented_at())
        self._emit_plan(day, study_day, [one for one in prompts if one.scheduled_at >= since], per_day, share)

    def _consented_at(self) -> datetime:
        """When the participant consented. Prompts before that were never due, so they are not discarded."""
        return self.state.consent.occurred_at if self.state.consent else self.now

    def _replan(self, today: date) -> None:
        """After a change of time zone, move unsent prompts to the new zone's hours, without adding any."""
        for day, old in list(self.state.plans.items()):
            left = [one for one in old.prompts if self._open(one.prompt_id)]
            if old.zone == self.person.zone or not left:
                continue
            # Crossing the date line westwards leads to a day that is already planned.
            fresh = self._moved(old, len(left)) if day >= today else []
            kept = [one for one in old.prompts if one not in left]
            self._emit_plan(day, old.study_day, [*kept, *fresh], old.per_day, old.answered_share)

    def _moved(self, old: DayPlanned, limit: int) -> list[PlannedPrompt]:
        which = Day(self.person.participant, self.person.arm, self.person.zone, old.date, old.study_day)
        rules = [rule for rule in self.study.schedule.prompts if isinstance(rule, RandomTimes)]
        gap = timedelta(minutes=max((rule.min_gap_minutes for rule in rules), default=0))
        last = self.state.last_sent()
        start = max(self.now, last + gap) if last else self.now
        prompts = plan(which, self.study, self.secret, old.per_day)
        return [one for one in prompts if one.scheduled_at >= start][-limit:]

    def _adapted(self, day: date) -> tuple[int | None, float | None]:
        """Number of random prompts for a day, and the share of recent prompts answered that it follows."""
        rules = [one for one in self.study.schedule.prompts if isinstance(one, RandomTimes) and one.adaptive]
        if not rules or rules[0].adaptive is None:
            return None, None
        adaptive = rules[0].adaptive
        before = [self.state.plans.get(day - _DAY * back) for back in range(1, adaptive.days + 1)]
        yesterday = before[0].per_day if before[0] else None
        usual = len(rules[0].channels) if yesterday is None else yesterday
        sent = [
            prompt
            for planned in before
            for prompt in (planned.prompts if planned else ())
            if (fate := self.state.fates.get(prompt.prompt_id)) and fate.sent_at
        ]
        share = sum(map(self.state.answered, sent)) / len(sent) if sent else None
        if share is not None and share < adaptive.below:
            usual -= 1
        elif share is not None and share > adaptive.above:
            usual += 1
        return min(max(usual, adaptive.min_per_day), adaptive.max_per_day), share

    def close_dropped(self) -> None:
        """Close prompts that a newer plan dropped."""
        for prompt_id in sorted(self.state.dropped):
            if self._open(prompt_id):
                self._close(prompt_id, Outcome.CANCELLED, "zone_changed")

    def follow(self, planned: DayPlanned, prompt: PlannedPrompt) -> None:
        """Request, remind about or close a prompt, whichever is due."""
        fate = self.state.fate(prompt.prompt_id)
        # A prompt sent and settled days ago needs nothing; its request may have left the topic by now.
        if fate.closed or (fate.sent_at is not None and self.now >= prompt.expires_at + _SETTLED):
            return
        if self.state.answered(prompt):
            return
        if not fate.attempts and fate.sent_at is None:
            self._request_first(planned, prompt)
            return
        end = prompt.expires_at + _ANSWERS_IN_FLIGHT
        if self.now >= end:
            expired = fate.sent_at is not None
            self._close(
                prompt.prompt_id,
                Outcome.EXPIRED if expired else Outcome.FAILED,
                None if expired else "not_sent",
            )
            return
        self.decision.wait(end)
        # A text answers the latest prompt, so only that one gets reminders.
        if fate.sent_at is not None and fate.sent_at == self.state.last_sent():
            self._remind(planned, prompt, fate.sent_at)

    def _request_first(self, planned: DayPlanned, prompt: PlannedPrompt) -> None:
        if self.now < prompt.scheduled_at:
            self.decision.wait(prompt.scheduled_at)
            return
        obstacle = self._obstacle(prompt.scheduled_at)
        if obstacle is not None:
            outcome, why = obstacle
            self._decide_support(prompt, available=False)
            self._close(prompt.prompt_id, outcome, why)
            return
        self._decide_support(prompt, available=True)
        self._request(planned, prompt, 0)

    def _obstacle(self, due: datetime) -> tuple[Outcome, str] | None:
        if self.now >= due + timedelta(minutes=self.study.schedule.grace_minutes):
            return Outcome.DISCARDED, "too_late"
        if not self.state.contactable():
            return Outcome.CANCELLED, "no_consent"
        if self.state.paused(self.now):
            return Outcome.CANCELLED, "paused"
        if self.study.schedule.effective_quiet_hours.cover(self.now, self.person.zone):
            return Outcome.DISCARDED, "quiet_hours"
        return None

    def _remind(self, planned: DayPlanned, prompt: PlannedPrompt, sent_at: datetime) -> None:
        for number, minutes in enumerate(self.study.schedule.reminders_minutes, start=1):
            due = sent_at + timedelta(minutes=minutes)
            if number in self.state.fate(prompt.prompt_id).attempts or due >= prompt.expires_at:
                continue
            if self.now < due:
                self.decision.wait(due)
            elif self._obstacle(due) is None:
                self._request(planned, prompt, number)

    def _open(self, prompt_id: UUID) -> bool:
        fate = self.state.fate(prompt_id)
        return not fate.attempts and not fate.closed

    def _envelope(self, *cause: str) -> EnvelopeFields:
        return caused_by(self.person, event_id(*cause), occurred_at=self.now, recorded_at=self.now)

    def _emit(self, event: Event) -> None:
        self.state.learn(event)
        self.decision.events.append(event)

    def _emit_plan(
        self,
        day: date,
        study_day: int,
        prompts: Iterable[PlannedPrompt],
        per_day: int | None,
        share: float | None,
    ) -> None:
        cause = ("day", self.person.participant, self.study.ref, day.isoformat(), self.person.zone)
        self._emit(
            DayPlanned(
                **self._envelope(*cause),
                date=day,
                study_day=study_day,
                prompts=tuple(prompts),
                per_day=per_day,
                answered_share=share,
            )
        )

    def _request(self, planned: DayPlanned, prompt: PlannedPrompt, attempt: int) -> None:
        self._emit(
            PromptRequested(
                **self._envelope("ask", str(prompt.prompt_id), str(attempt)),
                prompt_id=prompt.prompt_id,
                attempt=attempt,
                language=self.state.addressed_in(),
                channel=prompt.channel,
                scheduled_at=prompt.scheduled_at,
                expires_at=prompt.expires_at,
                study_day=planned.study_day,
                beep=prompt.beep,
            )
        )
        self.decision.wait(prompt.expires_at + _ANSWERS_IN_FLIGHT)

    def _close(self, prompt_id: UUID, outcome: Outcome, detail: str | None) -> None:
        envelope = self._envelope("closed", str(prompt_id))
        self._emit(PromptClosed(**envelope, prompt_id=prompt_id, outcome=outcome, detail=detail))

    def _decide_support(self, prompt: PlannedPrompt, *, available: bool) -> None:
        support = self.study.schedule.support
        if support is None or self.state.fate(prompt.prompt_id).decided:
            return
        draw = drawer(self.secret, "support", self.person.participant, str(prompt.prompt_id))
        treated = available and draw.random() < support.probability
        text = support.texts[int(draw.random() * len(support.texts))] if treated else None
        # The text first and the prompt's request last, so that whatever a crash cuts off is decided again.
        if text is not None:
            self._emit(
                ReplyRequested(
                    **self._envelope("support-text", str(prompt.prompt_id)),
                    cause=prompt.prompt_id,
                    language=self.state.addressed_in(),
                    reply=text,
                    expires_at=prompt.scheduled_at + timedelta(minutes=self.study.schedule.grace_minutes),
                )
            )
        self._emit(
            SupportDecided(
                **self._envelope("support", str(prompt.prompt_id)),
                prompt_id=prompt.prompt_id,
                available=available,
                probability=support.probability if available else 0.0,
                treated=treated,
                text=text,
            )
        )
