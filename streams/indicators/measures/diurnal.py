"""Time of day: a cosine of 24 hours, and each part of the day against the day's own mean."""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from schemas.events import Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import sums
from streams.indicators.result import Result, undefined
from streams.indicators.whole_record import Row, WholeRecord

FAMILY = "Time of day"

MESOR = Indicator(
    id="cosinor_mesor",
    title="Mesor of the daily curve",
    family=FAMILY,
    formula="M in x = M + a cos(2πh/24) + b sin(2πh/24), least squares, h = local hour of the answer",
    unit="scale points",
    range="any",
    source="Halberg 1969; Nelson et al. 1979",
    minimum=15,
    minimum_day=15,
    edge_cases="Undefined: `zero_variance` where all answers, or all hours, are the same.",
    interpretation="The middle of the curve. Only waking hours are observed; the night is extrapolated.",
    per_scale=True,
    by_checkin=True,
)
AMPLITUDE = replace(
    MESOR,
    id="cosinor_amp",
    title="Amplitude of the daily curve",
    formula="√(a² + b²)",
    range="0 or more",
    interpretation="Half the height of the curve. Large values may come from the night, which was not "
    "observed.",
)
ACROPHASE = replace(
    MESOR,
    id="cosinor_acro_h",
    title="Peak of the daily curve",
    formula="atan2(b, a) · 24 / 2π, modulo 24",
    unit="hours after local midnight",
    range="0 to below 24",
    interpretation="When the fitted curve is highest; meaningless where the amplitude is small.",
)
BINS = Indicator(
    id="diurnal",
    title="Parts of the day",
    family=FAMILY,
    formula="mean over days of x − the day's own mean, for each beep",
    unit="scale points",
    range="−(U − L) to U − L",
    source="this project",
    minimum=5,
    minimum_day=5,
    counted="answers in the part",
    edge_cases="Days with a single answer are left out. Undefined (`too_few`) unless 3 parts have enough "
    "answers. The part after the slash is the beep.",
    interpretation="How far answers at this time of day lie from the day's mean, without assuming a curve.",
    per_scale=True,
)

_MIN_BINS = 3


@dataclass(frozen=True)
class Cosinor:
    """A fitted daily curve: mesor, amplitude, and the local hour of the peak; each with an n or a reason."""

    mesor: Result
    amplitude: Result
    acrophase: Result


def cosinor(timed: Sequence[tuple[float, float]], minimum: int) -> Cosinor:
    """The least-squares cosine with a period of 24 hours (Nelson et al. 1979).

    Args:
        timed: Local hour of the day (0 to below 24) and answer.
        minimum: Number of answers below which it is undefined.
    """
    n = len(timed)
    if n < max(minimum, 3):
        return _none(undefined(n, Undefined.TOO_FEW))
    angles = [2 * math.pi * hour / 24 for hour, _ in timed]
    scores = [score for _, score in timed]
    if sums.constant(scores):
        return _none(undefined(n, Undefined.ZERO_VARIANCE))
    cosines, sines = [math.cos(angle) for angle in angles], [math.sin(angle) for angle in angles]
    cc, ss = sums.squares(cosines), sums.squares(sines)
    cs = sums.products(list(zip(cosines, sines, strict=True)))
    determinant = cc * ss - cs * cs
    if determinant <= 1e-12 * max(cc * ss, 1e-300):
        return _none(undefined(n, Undefined.ZERO_VARIANCE))
    cx = sums.products(list(zip(cosines, scores, strict=True)))
    sx = sums.products(list(zip(sines, scores, strict=True)))
    a, b = (cx * ss - sx * cs) / determinant, (sx * cc - cx * cs) / determinant
    return Cosinor(
        Result(sums.mean(scores) - a * sums.mean(cosines) - b * sums.mean(sines), n),
        Result(math.hypot(a, b), n),
        Result(_clock(math.atan2(b, a) * 24 / (2 * math.pi)), n),
    )


def _clock(hours: float) -> float:
    return hours % 24 % 24  # once more, because a tiny negative number modulo 24 rounds up to 24


def _none(why: Result) -> Cosinor:
    return Cosinor(why, why, why)


def bins(placed: Sequence[tuple[Hashable, int, float]], minimum: int) -> Mapping[int, Result]:
    """Mean deviation from the day's own mean for each part of the day, in scale points.

    Args:
        placed: Day, part of the day and answer.
        minimum: Number of answers in a part below which it is undefined.
    """
    days: dict[Hashable, list[float]] = {}
    for day, _, score in placed:
        days.setdefault(day, []).append(score)
    found: dict[int, list[float]] = {}
    for day, part, score in placed:
        deviations = found.setdefault(part, [])
        if len(days[day]) > 1:
            deviations.append(score - sums.mean(days[day]))
    enough = sum(len(deviations) >= minimum for deviations in found.values()) >= _MIN_BINS
    return {
        part: Result(sums.mean(deviations), len(deviations))
        if enough and len(deviations) >= max(minimum, 1)
        else undefined(len(deviations), Undefined.TOO_FEW)
        for part, deviations in sorted(found.items())
    }


def over_record(record: WholeRecord) -> Iterator[Row]:
    """The family over a whole record, scale by scale."""
    for scale in record.scales:
        fitted = cosinor(record.timed(scale), MESOR.minimum_whole)
        yield record.row(MESOR, fitted.mesor, scale)
        yield record.row(AMPLITUDE, fitted.amplitude, scale)
        yield record.row(ACROPHASE, fitted.acrophase, scale)
        for part, found in bins(record.beeps(scale), BINS.minimum_whole).items():
            yield record.row(BINS, found, scale, part=str(part))
