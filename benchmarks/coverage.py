"""How often intervals contain the truth; writes the tables of docs/statistics.md.

Run `uv run just bench coverage`, or `uv run python -m benchmarks.coverage --repetitions 100 --only weekly`
for a quick look at one table. An interval that says 95 % should contain the true value in 95 % of simulated
studies, and a test should find something in 5 % of the studies in which there is nothing. Beside ours stand
the methods that it replaced, from scipy and statsmodels. The same seed gives the same tables.
"""

import argparse
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol
from zlib import crc32

# The matrices are small: more threads would only wait for each other. Set before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
from rich.progress import Progress
from scipy import stats
from statsmodels.api import OLS

from benchmarks import simulated_trials
from benchmarks.simulated_trials import RECOVERY, Array, Design, Missing, series, trial
from schemas.base import PhaseKind
from streams.statistics.arm_changes import Estimate
from streams.statistics.change import change
from streams.statistics.contrast import difference
from streams.statistics.family import Family, benjamini_hochberg
from streams.statistics.interrupted import interrupted
from streams.statistics.means import people_mean
from streams.statistics.meta import pool
from streams.statistics.mixed import phase_by_arm
from streams.statistics.result import Interval

PAGE = Path(__file__).parents[1] / "docs" / "statistics.md"
BEGIN, END = "<!-- coverage: begin -->", "<!-- coverage: end -->"

PHIS = (0.0, 0.3, 0.7)
BASELINE, INTERVENTION = PhaseKind.BASELINE.value, PhaseKind.INTERVENTION.value
Hits = Mapping[str, float]
"""By column, whether a repetition counts (1 or 0), or a number to be averaged; NaN where there is none."""


class Simulate(Protocol):
    """One repetition."""

    def __call__(self, draw: np.random.Generator) -> Hits: ...


@dataclass(frozen=True)
class Cell:
    """A row of a table.

    Attributes:
        labels: Its leading cells, by column.
        simulate: What is repeated.
        share: The share of the repetitions that are enough, where one takes long.
    """

    labels: Mapping[str, str]
    simulate: Simulate
    share: float = 1.0


def holds(interval: Interval | None, truth: float) -> float:
    return math.nan if interval is None else float(interval.low <= truth <= interval.high)


def percent(values: Sequence[float]) -> str:
    known = [value for value in values if not math.isnan(value)]
    return f"{100 * sum(known) / len(known):.1f}" if known else "–"


# Group comparisons


Phases = tuple[list[float], list[float]]
"""One person's answers in the baseline and in the intervention."""


def pooled(people: Sequence[Phases]) -> Estimate:
    """The change of an arm, as reports pool it."""
    changes = [change(*phases) for phases in people]
    usable = [(one.difference, one.se) for one in changes if one.difference is not None and one.se]
    found = pool([difference for difference, _ in usable], [se for _, se in usable])
    left_out = len(changes) - found.k
    return Estimate(
        found.estimate, found.se, found.interval, None, found.p, found.tau2, found.i2, found.k, left_out
    )


def compared(design: Design, draw: np.random.Generator) -> Hits:
    arms: tuple[list[Phases], list[Phases]] = ([], [])
    for one in simulated_trials.people(design, draw):
        arms[one.second].append((one.values[~one.late].tolist(), one.values[one.late].tolist()))
    first, second = map(pooled, arms)
    contrast = difference(second, first)
    return {
        "pooled change": holds(second.interval, RECOVERY + design.effect),
        "contrast": holds(contrast.interval, design.effect),
        "change found": float((second.p or 1) < 0.05),
        "difference found": float((contrast.p or 1) < 0.05),
    }


def modelled(design: Design, draw: np.random.Generator) -> Hits:
    found = phase_by_arm(trial(design, draw), BASELINE, INTERVENTION, "a")
    phase, term = found.effect("phase"), found.effect("phase:arm b")
    return {
        "change in the reference arm": holds(phase.interval if phase else None, RECOVERY),
        "contrast": holds(term.interval if term else None, design.effect),
        "singular fits": float(found.caution is not None),
    }


def designs() -> Iterator[tuple[str, Design]]:
    for people in (8, 20, 40):
        for phi in PHIS:
            yield "complete, no difference", Design(people, phi)
            yield "baselines apart by 1.5 SD", Design(people, phi, apart=1.5)
            yield "40 % missing at random, a difference", Design(people, phi, Missing.AT_RANDOM, effect=0.5)
            yield "missing when low, no difference", Design(people, phi, Missing.WHEN_LOW)
            yield "missing when low, a difference", Design(people, phi, Missing.WHEN_LOW, effect=1.0)


def trials(simulate: "DesignedSimulation", share: float) -> list[Cell]:
    return [
        Cell(
            {"people per arm": str(d.people), "autocorrelation": f"{d.autocorrelation:g}", "data": name},
            partial(simulate, d),
            share,
        )
        for name, d in designs()
    ]


class DesignedSimulation(Protocol):
    """One repetition of a design."""

    def __call__(self, design: Design, draw: np.random.Generator) -> Hits: ...


def family(people: int, draw: np.random.Generator) -> Hits:
    """Three arms that all recover alike, six outcomes, two phases: 24 contrasts without any true difference.

    A person's outcomes and phases correlate at 0.5.
    """
    tests: dict[str, float | None] = {}
    arms = [_six_outcomes(people, draw) for _ in range(3)]
    for place, (reference, *others) in enumerate(zip(*arms, strict=True)):
        for arm, other in enumerate(others):
            tests[f"{place}/{arm}"] = difference(other, reference).p
    adjusted = benjamini_hochberg(Family("24 contrasts", tuple(tests)), tests)
    return {
        "any found, unadjusted": float(any((p or 1) < 0.05 for p in tests.values())),
        "any found, adjusted": float(any((p or 1) < 0.05 for p in adjusted.values())),
    }


def _six_outcomes(people: int, draw: np.random.Generator) -> list[Estimate]:
    own = (
        draw.normal(0, math.sqrt(0.5), (people, 1)) + draw.normal(0, math.sqrt(0.5), (people, 12)) + RECOVERY
    )
    before = draw.normal(0, 1, (12, people, 14))
    after = draw.normal(0, 1, (12, people, 14)) + own.T[:, :, None]
    return [
        pooled(list(zip(one, other, strict=True)))
        for one, other in zip(before.tolist(), after.tolist(), strict=True)
    ]


# Weekly means

SHAPES = {"normal": 0.0, "skewed (exponential)": 1.0, "half at the lowest value": 0.5}


def weekly(shape: str, people: int, draw: np.random.Generator) -> Hits:
    values = draw.normal(0, 1, people) if shape == "normal" else draw.exponential(1, people)
    if shape.startswith("half"):
        values = np.where(draw.random(people) < 0.5, 0.0, values)
    truth, sample = SHAPES[shape], values.tolist()
    found = people_mean(sample)
    if found.interval is None:
        return {}
    t = stats.t.interval(0.95, people - 1, float(np.mean(values)), float(stats.sem(values)))
    hits = {"ours": holds(found.interval, truth), "Student's t": holds(Interval(*t), truth)}
    for method in ("percentile", "BCa"):
        made = stats.bootstrap((values,), np.mean, method=method, n_resamples=999, rng=draw)
        ends = made.confidence_interval
        hits[f"{method} bootstrap"] = holds(Interval(float(ends.low), float(ends.high)), truth)
    return hits | {"bootstrap-t": holds(_bootstrap_t(values, draw), truth)}


def _bootstrap_t(values: Array, draw: np.random.Generator) -> Interval:
    n, centre, se = len(values), float(values.mean()), float(stats.sem(values))
    resampled = values[draw.integers(0, n, (999, n))]
    errors = resampled.std(axis=1, ddof=1) / math.sqrt(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.nan_to_num((resampled.mean(axis=1) - centre) / errors, nan=0.0)
    low, high = np.quantile(ratios, [0.025, 0.975], method="higher")
    return Interval(centre - float(high) * se, centre - float(low) * se)


# Interrupted series


@dataclass(frozen=True)
class Course:
    """How one person's series is simulated; see `series`."""

    name: str
    missing: Missing
    step: float = 0.0
    rarer: bool = False


COURSES = (
    Course("none missing", Missing.NONE),
    Course("40 % missing at random", Missing.AT_RANDOM),
    Course("a trend, and answers rarer after the break", Missing.NONE, rarer=True),
    Course("missing when low, no step", Missing.WHEN_LOW),
    Course("missing when low, a step of 1 SD", Missing.WHEN_LOW, step=1.0),
)


def interruption(side: int, phi: float, course: Course, draw: np.random.Generator) -> Hits:
    values, times, late = series(draw, side, phi, course.missing, step=course.step, rarer=course.rarer)
    found = interrupted(values[~late].tolist(), values[late].tolist(), times.tolist(), minimum=5)
    if found.step is None or found.bend is None:
        return {}
    by_answer = np.arange(len(values), dtype=float)
    return {
        "step": holds(found.step.interval, course.step),
        "bend": holds(found.bend.interval, 0.0),
        "bend found": float((found.bend.p or 1) < 0.05),
        "bend found as before": float(_newey_west(values, by_answer, late) < 0.05),
    }


def _newey_west(values: Array, times: Array, late: npt.NDArray[np.bool_]) -> float:
    """The p of the bend as it was computed before: by the number of the answer, with Newey-West errors."""
    since = times - times[~late][-1]
    x = np.column_stack([np.ones(len(values)), times, late, np.where(late, since, 0.0)])
    lags = math.floor(4 * (len(values) / 100) ** (2 / 9))
    fitted = OLS(values, x).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    return float(2 * stats.t.sf(abs(fitted.tvalues[3]), len(values) - 4))


# The tables


def tables() -> dict[str, list[Cell]]:
    """The rows of each table, by its title."""
    return {
        "Change within an arm, and contrast between two arms": trials(compared, 1.0),
        "Mixed model with autocorrelated errors": trials(modelled, 0.48),
        "Type I error over a family of 24 contrasts": [
            Cell({"people per arm": str(people)}, partial(family, people)) for people in (8, 20, 40)
        ],
        "Weekly means over people": [
            Cell({"people": str(people), "values": shape}, partial(weekly, shape, people))
            for shape in SHAPES
            for people in (8, 20, 30, 40)
        ],
        "Interrupted time series of one person": [
            Cell(
                {"prompts per side": str(side), "autocorrelation": f"{phi:g}", "data": course.name},
                partial(interruption, side, phi, course),
            )
            for side in (20, 42, 84)
            for phi in PHIS
            for course in COURSES
        ],
    }


def repeat(title: str, cell: Cell, repetitions: int, seed: int) -> dict[str, str]:
    """The averages of a row; its random numbers depend on the row and the seed alone."""
    name = "/".join((title, *cell.labels.values()))
    draw = np.random.default_rng([seed, crc32(name.encode())])
    collected: dict[str, list[float]] = {}
    for _ in range(max(round(repetitions * cell.share), 1)):
        for column, hit in cell.simulate(draw).items():
            collected.setdefault(column, []).append(hit)
    return dict(cell.labels) | {column: percent(hits) for column, hits in collected.items()}


def markdown(title: str, rows: Sequence[Mapping[str, str]], repetitions: int) -> str:
    """A table under its title."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [f"### {title}", "", f"Percent of {repetitions:,} simulated studies in each row.", ""]
    lines += [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    lines += [f"| {' | '.join(row.get(column, '–') for column in columns)} |" for row in rows]
    return "\n".join(lines) + "\n"


def write(made: Mapping[str, str]) -> None:
    """Replace tables of the page by their titles; the others stay."""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    old, after = rest.split(END)
    known = {part.partition("\n")[0]: f"### {part.strip()}\n" for part in old.split("### ")[1:]}
    kept = [text for title in tables() if (text := made.get(title) or known.get(title))]
    PAGE.write_text(f"{before}{BEGIN}\n\n" + "\n".join(kept) + f"\n{END}{after}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="How often intervals contain the truth.")
    parser.add_argument("--repetitions", type=int, default=500, help="simulated studies per row")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--only", default="", help="only tables whose title contains this")
    options = parser.parse_args()
    wanted = {title: cells for title, cells in tables().items() if options.only.lower() in title.lower()}
    made: dict[str, str] = {}
    with ProcessPoolExecutor() as pool, Progress() as bar:
        task = bar.add_task("rows", total=sum(map(len, wanted.values())))
        for title, cells in wanted.items():
            jobs = [pool.submit(repeat, title, cell, options.repetitions, options.seed) for cell in cells]
            rows = []
            for job in jobs:
                rows.append(job.result())
                bar.advance(task)
            made[title] = markdown(title, rows, round(options.repetitions * cells[0].share))
            write(made)


if __name__ == "__main__":
    main()
