"""What simulated people do: when they are asked, and what they answer, miss, repeat or mistype."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from whenever import PlainDateTime

from producers.simulator.people import Person, gain
from producers.simulator.wording import MISTYPED, NOTES, STRANGERS, write
from schemas.base import Channel, Measure
from schemas.identity import event_id
from schemas.study import Item, Study

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
    """A participant sends a text; `sid` is the provider's name of it."""

    person: Person
    at: datetime
    sid: str
    words: str


@dataclass(frozen=True)
class Form:
    """A participant sends the form of a prompt; after `prompt.expires_at` it is refused."""

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
    """A text from a number that takes part in nothing."""

    at: datetime
    sid: str
    words: str


Action = Prompt | Text | Form | Stranger


def history(person: Person, study: Study, since: datetime, until: datetime) -> Iterator[Action]:
    """What happens around a person in `[since, until)`, by time; the same every time it is asked."""
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
    """Whether it is a waking hour of the study where the person is."""
    local = at.astimezone(ZoneInfo(person.zone)).time()
    return time.fromisoformat(study.schedule.wake) <= local < time.fromisoformat(study.schedule.sleep)


def _prompts(person: Person, study: Study, day: int, draw: np.random.Generator) -> list[Prompt]:
    plan = study.schedule
    wake, sleep = time.fromisoformat(plan.wake), time.fromisoformat(plan.sleep)
    minutes = (sleep.hour - wake.hour) * 60 + sleep.minute - wake.minute
    block = minutes / len(plan.channels)
    date = person.start + timedelta(days=day - 1)
    found = []
    for beep, channel in enumerate(plan.channels, start=1):
        offset = round((beep - 1 + float(draw.uniform(0.05, 0.75))) * block)
        local = PlainDateTime(date.year, date.month, date.day, wake.hour, wake.minute).add(
            minutes=offset, naive_arithmetic_ok=True
        )
        at = local.assume_tz(person.zone).to_instant().to_stdlib()
        name = event_id("simulated-prompt", str(person.seed), str(person.start), str(day), str(beep))
        expires = at + timedelta(minutes=plan.expires_minutes)
        found.append(Prompt(person, name, at, expires, day, beep, channel))
    return found


def _rhythm(prompt: Prompt) -> float:
    return 0.4 * math.sin(math.pi * (prompt.beep - 1) / 2) - (0.3 if prompt.at.weekday() == 0 else 0.0)


def _answer(prompt: Prompt, study: Study, mood: float, draw: np.random.Generator) -> list[Action]:
    person = prompt.person
    chance = person.diligence * (1 - 0.0025 * prompt.study_day)
    answers, delay = float(draw.uniform()) < chance, float(draw.gamma(1.6, 6.0))
    late = float(draw.uniform()) < 0.02
    at = prompt.at + timedelta(minutes=study.schedule.expires_minutes + 20 if late else min(delay, 80.0))
    values = {item.id: value_of(item, mood, draw) for item in study.items if item.scale}
    used, chaos, style = _strategies(study, mood, draw), float(draw.uniform()), float(draw.uniform())
    if chaos < 0.002:
        words = STRANGERS[prompt.beep % len(STRANGERS)]
        return [Stranger(at, f"SN{prompt.id.hex}", words)]
    if not answers:
        return []
    if prompt.channel == Channel.WEB:
        fields = [(name, str(value)) for name, value in values.items()] + used + _note(person, study, style)
        return [Form(person, at, prompt, tuple(fields))]
    text = Text(person, at, f"SM{prompt.id.hex}", write(values, study, person.language, style))
    if chaos < 0.04:
        mistyped = Text(person, at, f"SX{prompt.id.hex}", MISTYPED[int(chaos * 1000) % len(MISTYPED)])
        again = replace(text, at=at + timedelta(minutes=2))
        return [mistyped] if chaos < 0.01 else [mistyped, again]
    # The provider delivers some texts twice.
    return [text, text] if chaos > 0.97 else [text]


def _note(person: Person, study: Study, style: float) -> list[tuple[str, str]]:
    notes = NOTES.get(person.language, NOTES["en"])
    words = notes[int(style * 1000) % len(notes)]
    return [(item.id, words) for item in study.items if item.kind == "text" and style < 0.08]


def value_of(item: Item, mood: float, draw: np.random.Generator) -> int:
    """An answer on an item's scale that goes with a mood from 0 to 10."""
    scale = item.scale
    if scale is None or item.measures is None:
        raise ValueError(f"{item.id} has no scale")
    share = (mood + float(draw.normal(0, 0.7))) / 10
    if item.measures in _NEGATIVE:
        share = 1 - share
    return int(min(max(round(scale.min + share * (scale.max - scale.min)), scale.min), scale.max))


def _strategies(study: Study, mood: float, draw: np.random.Generator) -> list[tuple[str, str]]:
    fields = []
    for item in study.items_of(Measure.COPING_STRATEGY):
        options = [option.id for option in item.options if not option.exclusive]
        alone = [option.id for option in item.options if option.exclusive]
        weights = draw.uniform(size=len(options)) < 0.15 + 0.03 * mood
        used = [option for option, taken in zip(options, weights, strict=True) if taken]
        fields += [(item.id, option) for option in used or alone]
    return fields
