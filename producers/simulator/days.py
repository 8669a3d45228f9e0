"""What simulated participants do: when they are asked, and what they answer, miss, repeat or mistype."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

import numpy as np
from whenever import PlainDateTime

from producers.simulator.people import Person, gain
from producers.simulator.wording import MISTYPED, NOTES, STRANGERS, write
from schemas.base import Channel, Measure
from schemas.identity import event_id
from schemas.study import (
    AroundPhase,
    ChoiceItem,
    EveryInterval,
    FixedTimes,
    MultipleChoiceItem,
    OwnInitiative,
    RandomTimes,
    ScaleItem,
    Schedule,
    Study,
    TextItem,
    TimeOfDay,
    YesNoItem,
)
from schemas.study.schedule import DAY_MINUTES, minute_of

_CARRY_OVER = 0.6
_NEGATIVE = {Measure.STRESS, Measure.NEGATIVE_AFFECT}


@dataclass(frozen=True)
class Prompt:
    """A participant is asked at `at`."""

    person: Person
    id: UUID
    at: datetime
    expires_at: datetime
    study_day: int
    beep: int
    channel: Channel


@dataclass(frozen=True)
class Text:
    """A participant sends a text; `sid` is the provider's id of it."""

    person: Person
    at: datetime
    sid: str
    words: str


@dataclass(frozen=True)
class Form:
    """A participant submits the form of a prompt; after `prompt.expires_at` it is refused."""

    person: Person
    at: datetime
    prompt: Prompt
    fields: tuple[tuple[str, str], ...]

    @property
    def late(self) -> bool:
        """Whether the link has expired by then."""
        return self.at >= self.prompt.expires_at


@dataclass(frozen=True)
class Stranger:
    """A text from a number that is not enrolled."""

    at: datetime
    sid: str
    words: str


Action = Prompt | Text | Form | Stranger


def history(person: Person, study: Study, since: datetime, until: datetime) -> Iterator[Action]:
    """What a participant does in `[since, until)`, in order of time; the same on every call."""
    draw = np.random.default_rng(person.seed)
    latent = 0.0
    arm = study.arm(person.arm)
    for day in range(1, (arm.days if arm else 0) + 1):
        actions: list[Action] = []
        for prompt in _prompts(person, study, day, draw):
            latent = _CARRY_OVER * latent + math.sqrt(1 - _CARRY_OVER**2) * float(draw.normal())
            mood = person.level + gain(study, person.arm, day) + person.spread * latent + _rhythm(prompt)
            actions += [prompt, *_answer(prompt, study, mood, draw)]
        actions.sort(key=lambda action: action.at)
        if actions and actions[0].at >= until:
            return
        yield from (action for action in actions if since <= action.at < until)


def awake(person: Person, study: Study, at: datetime) -> bool:
    """Whether it is a waking hour of the study in the participant's time zone."""
    return not study.schedule.nights.cover(at, person.zone)


def _prompts(person: Person, study: Study, day: int, draw: np.random.Generator) -> list[Prompt]:
    date = person.start + timedelta(days=day - 1)
    midnight = PlainDateTime(date.year, date.month, date.day)
    found = []
    slots = sorted(_slots(person, study, day, draw), key=lambda one: one[0])
    for beep, (minute, channel) in enumerate(slots, start=1):
        local = midnight.add(minutes=minute, naive_arithmetic_ok=True)
        at = local.assume_tz(person.zone).to_instant().to_stdlib()
        name = event_id("simulated-prompt", str(person.seed), str(person.start), str(day), str(beep))
        expires = at + timedelta(minutes=study.schedule.expires_minutes)
        found.append(Prompt(person, name, at, expires, day, beep, channel))
    return found


def _slots(
    person: Person, study: Study, day: int, draw: np.random.Generator
) -> Iterator[tuple[int, Channel]]:
    """When a participant is asked on a study day, in minutes from midnight, and by which channel."""
    arm, schedule = study.arm(person.arm), study.schedule
    phase = arm.phase_on(day) if arm else None
    if arm is None or phase is None:
        return
    for rule in schedule.prompts:
        if not rule.applies(person.start + timedelta(days=day - 1), phase.kind):
            continue
        match rule:
            case RandomTimes():
                yield from _at_random(rule, schedule, draw)
            case FixedTimes():
                yield from ((_minute_of(at, schedule), rule.channel) for at in rule.times)
            case EveryInterval():
                times = rule.times(schedule.wake, schedule.sleep)
                yield from ((minute_of(at), rule.channel) for at in times)
            case AroundPhase():
                if day in rule.study_days(arm):
                    yield _minute_of(rule.time, schedule), rule.channel
            case OwnInitiative():
                pass  # simulated people only answer
            case _:
                assert_never(rule)


def _minute_of(at: TimeOfDay, schedule: Schedule) -> int:
    return minute_of(at) + DAY_MINUTES * schedule.after_midnight(at)


def _at_random(
    rule: RandomTimes, schedule: Schedule, draw: np.random.Generator
) -> Iterator[tuple[int, Channel]]:
    wake = minute_of(schedule.wake)
    block = (minute_of(schedule.sleep) - wake) % DAY_MINUTES / len(rule.channels)
    for place, channel in enumerate(rule.channels):
        yield wake + round((place + float(draw.uniform(0.05, 0.75))) * block), channel


def _rhythm(prompt: Prompt) -> float:
    return 0.4 * math.sin(math.pi * (prompt.beep - 1) / 2) - (0.3 if prompt.at.weekday() == 0 else 0.0)


def _answer(prompt: Prompt, study: Study, mood: float, draw: np.random.Generator) -> list[Action]:
    person = prompt.person
    chance = person.diligence * (1 - 0.0025 * prompt.study_day)
    answers, delay = float(draw.uniform()) < chance, float(draw.gamma(1.6, 6.0))
    late = float(draw.uniform()) < 0.02
    at = prompt.at + timedelta(minutes=study.schedule.expires_minutes + 20 if late else min(delay, 80.0))
    values = {item.id: value_of(item, mood, draw) for item in study.scales}
    picked, chaos, style = chosen(study, mood, draw), float(draw.uniform()), float(draw.uniform())
    if chaos < 0.002:
        words = STRANGERS[prompt.beep % len(STRANGERS)]
        return [Stranger(at, f"SN{prompt.id.hex}", words)]
    if not answers:
        return []
    if prompt.channel == Channel.WEB:
        return [Form(person, at, prompt, form_fields(person, study, values, picked, style))]
    text = Text(person, at, f"SM{prompt.id.hex}", write(values, study, person.language, style))
    if chaos < 0.04:
        mistyped = Text(person, at, f"SX{prompt.id.hex}", MISTYPED[int(chaos * 1000) % len(MISTYPED)])
        again = replace(text, at=at + timedelta(minutes=2))
        return [mistyped] if chaos < 0.01 else [mistyped, again]
    # The provider delivers some texts twice.
    return [text, text] if chaos > 0.97 else [text]


def form_fields(
    person: Person, study: Study, values: Mapping[str, int], picked: list[tuple[str, str]], style: float
) -> tuple[tuple[str, str], ...]:
    """A form's fields: numbers, chosen options, and occasionally a note."""
    numbers = [(name, str(value)) for name, value in values.items()]
    return tuple(numbers + picked + _notes(person, study, style))


def _notes(person: Person, study: Study, style: float) -> list[tuple[str, str]]:
    notes = NOTES.get(person.language, NOTES["en"])
    words = notes[int(style * 1000) % len(notes)]
    texts = (item for item in study.items if isinstance(item, TextItem))
    return [(item.id, words) for item in texts if item.required or style < 0.08]


def value_of(item: ScaleItem, mood: float, draw: np.random.Generator) -> int:
    """An answer on a scale that fits a mood from 0 to 10."""
    scale = item.scale
    share = (mood + float(draw.normal(0, 0.7))) / 10
    if item.measures in _NEGATIVE:
        share = 1 - share
    return int(min(max(round(scale.min + share * (scale.max - scale.min)), scale.min), scale.max))


def chosen(study: Study, mood: float, draw: np.random.Generator) -> list[tuple[str, str]]:
    """Answers in the form to items of every kind that is neither a scale nor free text."""
    fields: list[tuple[str, str]] = []
    for item in study.items:
        match item:
            case MultipleChoiceItem():
                fields += [(item.id, option) for option in _several(item, mood, draw)]
            case ChoiceItem():
                fields.append((item.id, item.options[int(draw.integers(len(item.options)))].id))
            case YesNoItem():
                fields.append((item.id, str(int(draw.integers(2)))))
            case ScaleItem() | TextItem():
                pass
            case _:
                assert_never(item)
    return fields


def _several(item: MultipleChoiceItem, mood: float, draw: np.random.Generator) -> list[str]:
    options = [option.id for option in item.options if not option.exclusive]
    alone = [option.id for option in item.options if option.exclusive]
    weights = draw.uniform(size=len(options)) < 0.15 + 0.03 * mood
    return (
        [option for option, taken in zip(options, weights, strict=True) if taken]
        or alone[:1]
        or options[: item.required]
    )
