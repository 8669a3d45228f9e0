"""Plans a participant's prompts for one day: a pure function of participant, date, study and secret."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import assert_never

from schemas.base import Channel, Pseudonym
from schemas.events import PlannedPrompt
from schemas.identity import event_id
from schemas.study import AroundPhase, EveryInterval, FixedTimes, OwnInitiative, RandomTimes, Schedule, Study
from streams.scheduling.draws import drawer, random_times
from streams.scheduling.local_time import instant_of, window_of


@dataclass(frozen=True)
class Day:
    """One participant's day.

    Attributes:
        participant: Whose day it is.
        arm: The participant's arm.
        zone: IANA name of their time zone.
        date: The date on which they wake up.
        study_day: 1 on their first day.
    """

    participant: Pseudonym
    arm: str
    zone: str
    date: date
    study_day: int


def plan(day: Day, study: Study, secret: str, per_day: int | None = None) -> tuple[PlannedPrompt, ...]:
    """Plan the prompts of a day, in order of time.

    Two prompts at the same instant become one. A date that the zone's calendar skips has none.

    Args:
        day: The participant's day.
        study: The study definition in force.
        secret: The installation's secret.
        per_day: Number of prompts at random times, if the study adapts it.
    """
    slots = sorted(_slots(day, study, secret, per_day), key=lambda one: (one[0], one[1]))
    expires = timedelta(minutes=study.schedule.expires_minutes)
    prompts: list[PlannedPrompt] = []
    for at, rule, channel in slots:
        if prompts and prompts[-1].scheduled_at == at:
            continue
        beep = len(prompts) + 1
        name = event_id("prompt", day.participant, study.ref, day.date.isoformat(), day.zone, str(beep))
        prompts.append(
            PlannedPrompt(
                prompt_id=name,
                rule=rule,
                channel=channel,
                scheduled_at=at,
                expires_at=at + expires,
                beep=beep,
            )
        )
    return tuple(prompts)


_Slot = tuple[datetime, str, Channel]


def _slots(day: Day, study: Study, secret: str, per_day: int | None) -> Iterator[_Slot]:
    arm = study.arm(day.arm)
    phase = arm.phase_on(day.study_day) if arm else None
    if arm is None or phase is None:
        return
    schedule = study.schedule
    for number, rule in enumerate(schedule.prompts):
        if not rule.applies(day.date, phase.kind):
            continue
        match rule:
            case RandomTimes():
                yield from _at_random(rule, day, study, secret, per_day, number)
            case FixedTimes():
                yield from _at(day, schedule, rule.times, rule.kind, rule.channel)
            case EveryInterval():
                times = rule.times(schedule.wake, schedule.sleep)
                yield from _at(day, schedule, times, rule.kind, rule.channel)
            case AroundPhase():
                if day.study_day in rule.study_days(arm):
                    yield from _at(day, schedule, (rule.time,), rule.kind, rule.channel)
            case OwnInitiative():
                pass  # the participant starts these check-ins, so nothing is planned
            case _:
                assert_never(rule)


def _at_random(
    rule: RandomTimes, day: Day, study: Study, secret: str, per_day: int | None, number: int
) -> Iterator[_Slot]:
    window = window_of(day.date, study.schedule.wake, study.schedule.sleep, day.zone)
    if window is None:
        return
    count = per_day if rule.adaptive and per_day is not None else len(rule.channels)
    draw = drawer(secret, "times", day.participant, day.date.isoformat(), study.ref, day.zone, str(number))
    times, _ = random_times(draw, *window, count, timedelta(minutes=rule.min_gap_minutes))
    for place, at in enumerate(times):
        yield at, rule.kind, rule.channels[place % len(rule.channels)]


def _at(day: Day, schedule: Schedule, times: tuple[str, ...], rule: str, channel: Channel) -> Iterator[_Slot]:
    for time in times:
        at = instant_of(day.date + timedelta(days=schedule.after_midnight(time)), time, day.zone)
        if at is not None:
            yield at, rule, channel
