"""A person's prompts of one day: a pure function of the person, the date, the study and a secret."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from schemas.base import Channel, Pseudonym
from schemas.events import PlannedPrompt
from schemas.identity import event_id
from schemas.study import AroundPhase, EveryInterval, FixedTimes, RandomTimes, Rule, Study, Weekday
from streams.scheduling.draws import drawer, random_times
from streams.scheduling.local_time import instant_of, window_of

_WEEKDAYS = tuple(Weekday)


@dataclass(frozen=True)
class Day:
    """The day of a person.

    Attributes:
        participant: Whose.
        arm: The arm that they are in.
        zone: Where their clock is.
        date: The date on which they wake up.
        study_day: 1 on their first day.
    """

    participant: Pseudonym
    arm: str
    zone: str
    date: date
    study_day: int


def plan(day: Day, study: Study, secret: str, per_day: int | None = None) -> tuple[PlannedPrompt, ...]:
    """The prompts of a day, by time.

    Two prompts at one instant become one. A date that the person's calendar leaves out has none.

    Args:
        day: Whose day, and which.
        study: The definition in force.
        secret: Of the installation.
        per_day: How many prompts at random times, where the study adapts that.
    """
    wanted = sorted(_wanted(day, study, secret, per_day), key=lambda one: (one[0], one[1]))
    expires = timedelta(minutes=study.schedule.expires_minutes)
    prompts: list[PlannedPrompt] = []
    for at, rule, channel in wanted:
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


_Wanted = tuple[datetime, str, Channel]


def _wanted(day: Day, study: Study, secret: str, per_day: int | None) -> Iterator[_Wanted]:
    for number, rule in enumerate(study.schedule.prompts):
        if not _applies(rule, day, study):
            continue
        match rule:
            case RandomTimes():
                yield from _at_random(rule, day, study, secret, per_day, number)
            case FixedTimes(times=times, channel=channel):
                yield from _at(day, times, "fixed", channel)
            case EveryInterval():
                yield from _at(day, tuple(_interval(rule, study)), "interval", rule.channel)
            case AroundPhase(time=time, channel=channel):
                if day.study_day in _days_around(rule, day, study):
                    yield from _at(day, (time,), "relative", channel)


def _applies(rule: Rule, day: Day, study: Study) -> bool:
    if rule.weekdays and _WEEKDAYS[day.date.weekday()] not in rule.weekdays:
        return False
    arm = study.arm(day.arm)
    phase = arm.phase_on(day.study_day) if arm else None
    return phase is not None and (not rule.phases or phase.kind in rule.phases)


def _at_random(
    rule: RandomTimes, day: Day, study: Study, secret: str, per_day: int | None, number: int
) -> Iterator[_Wanted]:
    window = window_of(day.date, study.schedule.wake, study.schedule.sleep, day.zone)
    if window is None:
        return
    count = per_day if rule.adaptive and per_day is not None else len(rule.channels)
    draw = drawer(secret, "times", day.participant, day.date.isoformat(), study.ref, day.zone, str(number))
    times, _ = random_times(draw, *window, count, timedelta(minutes=rule.min_gap_minutes))
    for place, at in enumerate(times):
        yield at, "random", rule.channels[place % len(rule.channels)]


def _at(day: Day, times: tuple[str, ...], rule: str, channel: Channel) -> Iterator[_Wanted]:
    for time in times:
        at = instant_of(day.date, time, day.zone)
        if at is not None:
            yield at, rule, channel


def _interval(rule: EveryInterval, study: Study) -> Iterator[str]:
    """The wall times from waking until sleeping; nights that span midnight end at midnight."""
    minutes = [int(part[:2]) * 60 + int(part[3:]) for part in (study.schedule.wake, study.schedule.sleep)]
    end = minutes[1] if minutes[1] > minutes[0] else 24 * 60
    for minute in range(minutes[0], end, rule.every_minutes):
        yield f"{minute // 60:02d}:{minute % 60:02d}"


def _days_around(rule: AroundPhase, day: Day, study: Study) -> Iterator[int]:
    first = 1
    arm = study.arm(day.arm)
    for phase in arm.phases if arm else ():
        fits = rule.intervention is None or rule.intervention in phase.interventions
        if phase.kind == rule.phase and fits:
            yield first + rule.day - 1
        first += phase.days
