"""Early-warning signals: rolling autocorrelation and spread, and their trends. For research only.

They predicted only 32.9 % of transitions in depression (Smit et al. 2025), so no alert is based on them.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from schemas.events import Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import sums
from streams.indicators.result import Result, undefined
from streams.indicators.whole_record import Row, WholeRecord

FAMILY = "Early warnings"

AR1 = Indicator(
    id="early_warnings/ar1",
    title="Rolling autoregression",
    family=FAMILY,
    formula="Σ d₍i₎ d₍i+1₎ / Σ d₍i₎² over the window's answers but the last, d = x − window mean",
    unit="scale points per scale point",
    range="any; mostly −1 to 1",
    source="Scheffer et al. 2009; Dakos et al. 2012",
    minimum=100,
    minimum_day=100,
    edge_cases="Each window has half the answers, rounded. A window without variance is undefined "
    "(`zero_variance`). A trend would look like slowing down, so a whole record loses its straight line "
    "first. A caller may set a lower minimum to reproduce published values.",
    interpretation="A rise may precede a transition, but mostly does not.",
    per_scale=True,
    research_only=True,
)
ACF1 = replace(
    AR1,
    id="early_warnings/acf1",
    title="Rolling autocorrelation",
    formula="Σ d₍i₎ d₍i+1₎ / Σ d², d = x − window mean",
    unit="correlation",
    range="−1 to 1",
)
SD = replace(
    AR1,
    id="early_warnings/sd",
    title="Rolling SD",
    formula="SD of the window's answers",
    unit="scale points",
    range="0 or more",
)
KENDALL_AR1 = replace(
    AR1,
    id="early_warnings/kendall_ar1",
    title="Trend of the rolling autoregression",
    formula="Kendall's τ-b of the rolling values against time, values rounded to 10 decimals",
    unit="rank correlation",
    range="−1 to 1",
    source="Kendall 1945; Dakos et al. 2012",
)
KENDALL_ACF1 = replace(
    KENDALL_AR1, id="early_warnings/kendall_acf1", title="Trend of the rolling autocorrelation"
)
KENDALL_SD = replace(KENDALL_AR1, id="early_warnings/kendall_sd", title="Trend of the rolling SD")

_DECIMALS = 10
"""Rounding noise would break ties: -0.8175 instead of -0.8226 on the reference series."""


@dataclass(frozen=True)
class EarlyWarnings:
    """Rolling statistics, an entry for each window, and their trends over the windows."""

    n: int
    window: int
    ar1: tuple[Result, ...]
    acf1: tuple[Result, ...]
    sd: tuple[Result, ...]
    kendall_ar1: Result
    kendall_acf1: Result
    kendall_sd: Result


def early_warnings(scores: Sequence[float], minimum: int, *, detrend: bool = False) -> EarlyWarnings:
    """Rolling AR(1), autocorrelation and SD over windows of half the series (Dakos et al. 2012).

    Args:
        scores: Answers in order of time; gaps are ignored.
        minimum: Number of answers below which everything is undefined.
        detrend: Whether to remove a linear trend first.
    """
    n = len(scores)
    width = round(n / 2)
    if n < max(minimum, 6):
        why = undefined(n, Undefined.TOO_FEW)
        return EarlyWarnings(n, width, (), (), (), why, why, why)
    kept = without_line(scores) if detrend else list(scores)
    windows = [kept[start : start + width] for start in range(n - width + 1)]
    ar1, acf1, sd = (_each(windows, statistic) for statistic in (_ar1, _acf1, sums.sd))
    return EarlyWarnings(n, width, ar1, acf1, sd, _trend(ar1, n), _trend(acf1, n), _trend(sd, n))


def without_line(scores: Sequence[float]) -> list[float]:
    """Residuals from the least-squares line over the order of at least two scores, in scale points."""
    placed = [(float(place), score) for place, score in enumerate(scores)]
    slope = sums.products(placed) / sums.squares([place for place, _ in placed])
    middle, centre = (len(scores) - 1) / 2, sums.mean(scores)
    return [score - centre - slope * (place - middle) for place, score in placed]


def _each(
    windows: Sequence[Sequence[float]], statistic: Callable[[Sequence[float]], float | None]
) -> tuple[Result, ...]:
    values = [statistic(window) for window in windows]
    return tuple(
        undefined(len(window), Undefined.ZERO_VARIANCE) if value is None else Result(value, len(window))
        for window, value in zip(windows, values, strict=True)
    )


def _lagged(window: Sequence[float]) -> tuple[float, list[float]]:
    centre = sums.mean(window)
    deviations = [score - centre for score in window]
    return math.fsum(a * b for a, b in pairwise(deviations)), deviations


def _ar1(window: Sequence[float]) -> float | None:
    if sums.constant(window):
        return None
    product, deviations = _lagged(window)
    square = math.fsum(deviation**2 for deviation in deviations[:-1])
    return product / square if square else None


def _acf1(window: Sequence[float]) -> float | None:
    if sums.constant(window):
        return None
    product, deviations = _lagged(window)
    return product / math.fsum(deviation**2 for deviation in deviations)


def _trend(rolling: Sequence[Result], n: int) -> Result:
    known = [round(one.value, _DECIMALS) for one in rolling if one.value is not None]
    value = kendall_tau_b(known)
    return undefined(n, Undefined.ZERO_VARIANCE) if value is None else Result(value, n)


def kendall_tau_b(scores: Sequence[float]) -> float | None:
    """Kendall's tau-b of scores against their order, -1 to 1 (Kendall 1945); None if all are tied."""
    signs = [(after > before) - (after < before) for before, after in combinations(scores, 2)]
    untied = sum(sign != 0 for sign in signs)
    return sum(signs) / math.sqrt(untied * len(signs)) if untied else None


def over_record(record: WholeRecord) -> Iterator[Row]:
    """The trends over a whole record without its straight line, for scales with enough answers only."""
    for scale in record.scales:
        scores = record.scores(scale)
        if len(scores) < KENDALL_AR1.minimum_whole:
            continue
        found = early_warnings(scores, KENDALL_AR1.minimum_whole, detrend=True)
        yield record.row(KENDALL_AR1, found.kendall_ar1, scale)
        yield record.row(KENDALL_ACF1, found.kendall_acf1, scale)
        yield record.row(KENDALL_SD, found.kendall_sd, scale)
