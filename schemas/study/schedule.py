"""When participants are asked.

Code that treats kinds of rules differently uses `match` over `PromptRule` and closes it with `assert_never`:
an unhandled kind is a type error, where it would otherwise silently prompt nobody.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Literal, Self, assert_never
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from schemas.base import Channel, FrozenModel, PhaseKind, Slug
from schemas.study.arms import Arm
from schemas.study.texts import TimeOfDay

DAY_MINUTES = 24 * 60


class Weekday(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_WEEKDAYS = tuple(Weekday)
_A_WEEK = tuple(date(2024, 1, day) for day in range(1, 8))


class Rule(FrozenModel):
    """The fields of every rule.

    Attributes:
        phases: The kinds of phases in which it applies; all if empty.
        weekdays: The weekdays on which it applies; all if empty.
    """

    phases: tuple[PhaseKind, ...] = ()
    weekdays: tuple[Weekday, ...] = ()

    def applies(self, day: date, phase: PhaseKind) -> bool:
        """Whether the rule applies on a date, in a phase."""
        return (not self.weekdays or _WEEKDAYS[day.weekday()] in self.weekdays) and (
            not self.phases or phase in self.phases
        )


class Adaptive(FrozenModel):
    """Fewer prompts the next day for a participant who answers few, and more for one who answers most.

    Attributes:
        min_per_day, max_per_day: Bounds for the number of prompts a day.
        below: One prompt fewer if the share answered is below this.
        above: One prompt more if the share answered is above this.
        days: Number of preceding days over which the share is taken.
    """

    min_per_day: Annotated[int, Field(ge=1, le=24)]
    max_per_day: Annotated[int, Field(ge=1, le=24)]
    below: Annotated[float, Field(ge=0, le=1)] = 0.5
    above: Annotated[float, Field(ge=0, le=1)] = 0.8
    days: Annotated[int, Field(ge=1, le=14)] = 3

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.min_per_day > self.max_per_day or self.below > self.above:
            raise ValueError("`min_per_day` must not exceed `max_per_day`, nor `below` exceed `above`")
        return self


class RandomTimes(Rule):
    """Random times: one in each equal part of the waking day, at least `min_gap_minutes` apart.

    Attributes:
        channels: The channel of each prompt of a day; their number is the number of prompts.
    """

    kind: Literal["random"] = "random"
    channels: Annotated[tuple[Channel, ...], Field(min_length=1, max_length=24)]
    min_gap_minutes: Annotated[int, Field(ge=0, le=12 * 60)] = 0
    adaptive: Adaptive | None = None


class FixedTimes(Rule):
    """The same local times every day; one that ends a waking day past midnight is on the next date."""

    kind: Literal["fixed"] = "fixed"
    times: Annotated[tuple[TimeOfDay, ...], Field(min_length=1, max_length=24)]
    channel: Channel


class EveryInterval(Rule):
    """Every `every_minutes` on the wall clock, from `wake` until `sleep`."""

    kind: Literal["interval"] = "interval"
    every_minutes: Annotated[int, Field(ge=15, le=24 * 60)]
    channel: Channel

    def times(self, wake: TimeOfDay, sleep: TimeOfDay) -> tuple[TimeOfDay, ...]:
        """The local times of a day; a waking day that spans midnight ends at midnight."""
        begin, end = minute_of(wake), minute_of(sleep)
        minutes = range(begin, end if end > begin else DAY_MINUTES, self.every_minutes)
        return tuple(f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes)


class OwnInitiative(Rule):
    """Participants check in on their own initiative when something happens, at most `max_per_day` times."""

    kind: Literal["event"] = "event"
    max_per_day: Annotated[int, Field(ge=1, le=24)] = 5


class AroundPhase(Rule):
    """Once, on a day counted from the first day of a phase: 1 is that day, 0 the one before.

    Attributes:
        phase: Kind of the phase; every phase of that kind counts.
        intervention: Only phases with this intervention.
    """

    kind: Literal["relative"] = "relative"
    phase: PhaseKind
    intervention: Slug | None = None
    day: Annotated[int, Field(ge=-60, le=365)]
    time: TimeOfDay
    channel: Channel

    def study_days(self, arm: Arm) -> Iterator[int]:
        """The study days of an arm on which it prompts."""
        first = 1
        for phase in arm.phases:
            fits = self.intervention is None or self.intervention in phase.interventions
            if phase.kind == self.phase and fits:
                yield first + self.day - 1
            first += phase.days


PromptRule = Annotated[
    RandomTimes | FixedTimes | EveryInterval | OwnInitiative | AroundPhase, Field(discriminator="kind")
]


class QuietHours(FrozenModel):
    """Local hours without texts, except replies; they may span midnight."""

    begin: TimeOfDay
    end: TimeOfDay

    def cover(self, at: datetime, zone: str) -> bool:
        """Whether an instant lies in the quiet hours `[begin, end)` of a zone."""
        local = at.astimezone(ZoneInfo(zone)).time()
        begin, end = time.fromisoformat(self.begin), time.fromisoformat(self.end)
        return begin <= local < end if begin <= end else local >= begin or local < end


class Support(FrozenModel):
    """A micro-randomised trial: a supportive text is randomised at each prompt (Klasnja et al. 2015).

    The decision, its probability and the participant's availability are recorded.

    Attributes:
        probability: Randomisation probability of a text.
        texts: Names of the study's `texts` to choose from, equally likely.
    """

    probability: Annotated[float, Field(gt=0, lt=1)]
    texts: Annotated[tuple[Slug, ...], Field(min_length=1)]


class Schedule(FrozenModel):
    """When participants are asked. All times are on the participant's own wall clock.

    Attributes:
        wake, sleep: The waking day; `sleep` before `wake` means the next date.
        expires_minutes: How long a prompt can be answered.
        grace_minutes: A prompt this late is no longer sent.
        reminders_minutes: How long after an unanswered prompt it is repeated.
        quiet: Hours without texts; by default the hours outside the waking day.
        max_segments_per_day: SMS segments that one participant may be sent a day.
        prompts: The rules; a day has the prompts of all of them.
        support: Micro-randomised supportive texts.
    """

    wake: TimeOfDay
    sleep: TimeOfDay
    expires_minutes: Annotated[int, Field(ge=5, le=24 * 60)]
    grace_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 10
    reminders_minutes: tuple[Annotated[int, Field(ge=1, le=24 * 60)], ...] = ()
    quiet: QuietHours | None = None
    max_segments_per_day: Annotated[int, Field(ge=1, le=1000)] = 30
    prompts: Annotated[tuple[PromptRule, ...], Field(min_length=1)]
    support: Support | None = None

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels of the rules: one for each prompt of a day if their number is fixed, else one."""
        return tuple(channel for rule in self.prompts for channel in _channels(rule))

    @property
    def nights(self) -> QuietHours:
        """The hours outside the waking day."""
        return QuietHours(begin=self.sleep, end=self.wake)

    @property
    def effective_quiet_hours(self) -> QuietHours:
        """The hours without texts: those of the study, or else the hours outside the waking day."""
        return self.quiet or self.nights

    def after_midnight(self, at: TimeOfDay) -> bool:
        """Whether a time belongs to the waking day that began on the date before: it is not after `sleep`."""
        return minute_of(at) <= minute_of(self.sleep) < minute_of(self.wake)

    def most_a_day(self, arms: Iterable[Arm]) -> int:
        """The most prompts that any day of the study can have.

        Rules that never apply on the same day (other weekdays, other phases, other days around a phase) do
        not add up, and two that ask at the same time ask once. An adaptive rule counts with its most.
        Whether a study day falls on a weekday depends on when a participant begins, so every weekday counts.
        """
        days = ((arm, day) for arm in arms for day in range(1, arm.days + 1))
        return max((self._most_on(arm, day, weekday) for arm, day in days for weekday in _A_WEEK), default=0)

    def _most_on(self, arm: Arm, study_day: int, weekday: date) -> int:
        times: set[TimeOfDay] = set()
        at_random = 0
        phase = arm.phase_on(study_day)
        for rule in self.prompts:
            if phase is None or not rule.applies(weekday, phase.kind):
                continue
            match rule:
                case RandomTimes():
                    adaptive = rule.adaptive
                    at_random += adaptive.max_per_day if adaptive else len(rule.channels)
                case FixedTimes():
                    times.update(rule.times)
                case EveryInterval():
                    times.update(rule.times(self.wake, self.sleep))
                case AroundPhase():
                    times.update((rule.time,) if study_day in rule.study_days(arm) else ())
                case OwnInitiative():
                    pass  # nobody is asked
                case _:
                    assert_never(rule)
        return at_random + len(times)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.wake == self.sleep:
            raise ValueError("`wake` and `sleep` must differ")
        late = [minutes for minutes in self.reminders_minutes if minutes >= self.expires_minutes]
        if late:
            raise ValueError(f"a reminder after {late[0]} minutes would come after the prompt has expired")
        return self


def minute_of(at: TimeOfDay) -> int:
    """A time of day in minutes since midnight."""
    return int(at[:2]) * 60 + int(at[3:])


def _channels(rule: PromptRule) -> tuple[Channel, ...]:
    match rule:
        case RandomTimes():
            return rule.channels
        case FixedTimes():
            return (rule.channel,) * len(rule.times)
        case EveryInterval() | AroundPhase():
            return (rule.channel,)
        case OwnInitiative():
            return ()
        case _:
            assert_never(rule)
