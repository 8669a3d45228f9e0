"""Simulated answers with a known truth, for `benchmarks/coverage.py`."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from streams.statistics.rows import Row

Array = npt.NDArray[np.float64]

DAYS = 28
A_DAY = 2
RECOVERY = 1.0
"""How much everybody recovers from baseline to intervention, whatever the arm, in within-person SDs."""


class Missing(StrEnum):
    """Which answers are missing."""

    NONE = "none"
    AT_RANDOM = "40 % at random"
    WHEN_LOW = "when low"


@dataclass(frozen=True)
class Design:
    """A trial of two arms over four weeks, half baseline and half intervention, two prompts a day.

    Attributes:
        people: In each arm.
        autocorrelation: Of a person's errors at successive prompts.
        missing: Which answers are missing; "when low" misses 40 %, mostly the lowest.
        apart: How far the second arm's baseline is below the first's, in within-person SDs.
        effect: By how much more the second arm changes.
    """

    people: int
    autocorrelation: float
    missing: Missing = Missing.NONE
    apart: float = 0.0
    effect: float = 0.0


def noise(draw: np.random.Generator, times: Array, phi: float) -> Array:
    """AR(1) errors of variance 1; phi is the correlation over one unit of time."""
    kept = phi ** np.diff(times)
    fresh = draw.normal(size=len(times))
    errors = np.empty(len(times))
    errors[0] = fresh[0]
    for place, factor in enumerate(kept, start=1):
        errors[place] = factor * errors[place - 1] + np.sqrt(1 - factor**2) * fresh[place]
    return errors


def answered(draw: np.random.Generator, missing: Missing, values: Array) -> npt.NDArray[np.bool_]:
    """Which of the values, whose mean is near 0, are answered."""
    match missing:
        case Missing.NONE:
            return np.ones(len(values), bool)
        case Missing.AT_RANDOM:
            return draw.random(len(values)) >= 0.4
        case Missing.WHEN_LOW:
            return draw.random(len(values)) < 1 / (1 + np.exp(-0.5 - 1.2 * values))


@dataclass(frozen=True)
class Person:
    """Somebody's answers.

    Attributes:
        second: Whether in the second arm.
        values: The answers.
        prompts: The number of the prompt of each.
        times: When each was given, in prompts.
        late: Whether each is of the intervention.
    """

    second: bool
    values: Array
    prompts: npt.NDArray[np.intp]
    times: Array
    late: npt.NDArray[np.bool_]


def people(design: Design, draw: np.random.Generator) -> Iterator[Person]:
    """Everybody in a trial.

    People differ in level (SD 1) and in how much they change (SD 0.5). Both arms change by `RECOVERY`, and
    the second by the effect on top.
    """
    prompts = np.arange(DAYS * A_DAY)
    late = prompts >= len(prompts) / 2
    for number in range(2 * design.people):
        second = number % 2
        times = prompts + draw.uniform(0, 0.5, len(prompts))
        level = draw.normal(-design.apart * second, 1)
        own = draw.normal(RECOVERY + design.effect * second, 0.5)
        values = level + own * late + noise(draw, times, design.autocorrelation)
        there = np.flatnonzero(answered(draw, design.missing, values))
        yield Person(bool(second), values[there], prompts[there], times[there], late[there])


def trial(design: Design, draw: np.random.Generator) -> list[Row]:
    """The answers of everybody in a trial, in arms a and b."""
    return [
        Row(
            f"p{number:04}", "b" if one.second else "a", "intervention" if late else "baseline",
            prompt // A_DAY + 1, value, "", time / A_DAY,
        )
        for number, one in enumerate(people(design, draw))
        for value, prompt, time, late in zip(
            one.values.tolist(), one.prompts.tolist(), one.times.tolist(), one.late.tolist(), strict=True
        )
    ]  # fmt: skip


def series(
    draw: np.random.Generator,
    side: int,
    phi: float,
    missing: Missing,
    *,
    step: float = 0.0,
    rarer: bool = False,
) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """One person's series without a bend: values, times in prompts, and which are after the break.

    Args:
        draw: Random numbers.
        side: Prompts on each side of the break.
        phi: Autocorrelation at successive prompts.
        missing: Which answers are missing.
        step: Of the level at the break.
        rarer: Whether there is a trend throughout and answers become rarer at the break: 10 % are missing
            before it, 60 % after.
    """
    times = np.arange(2 * side) + draw.uniform(0, 0.5, 2 * side)
    late = np.arange(2 * side) >= side
    values = noise(draw, times, phi) + step * late + (times / side if rarer else 0.0)
    there = draw.random(2 * side) >= np.where(late, 0.6, 0.1) if rarer else answered(draw, missing, values)
    return values[there], times[there], late[there]
