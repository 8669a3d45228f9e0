"""All indicators of one participant over the whole record, as rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.events import Undefined
from streams.indicators import phase_comparison as phases
from streams.indicators.measures import (
    careless,
    compliance,
    coping,
    differentiation,
    diurnal,
    diversity,
    inertia,
    instability,
    level,
    sums,
    wellbeing,
)
from streams.indicators.result import Found, Result, undefined
from streams.records.full_record import Prompt, Series
from streams.records.item_roles import CHECKINS, Layout

PAC_CUT = 3.0
ASD_EXPONENT = 1.0


@dataclass(frozen=True)
class Row:
    """One value of one participant.

    Attributes:
        participant: Whose.
        indicator: Id in the catalogue, or that and a part after a slash.
        value: None exactly where there is a `reason`.
        n: How many answers (or what the catalogue's entry counts) were used.
        n_pairs: How many pairs; None where the indicator uses none.
        reason: Why there is no value.
    """

    participant: str
    indicator: str
    value: float | None
    n: int
    n_pairs: int | None
    reason: Undefined | None


def indicators_of(series: Series, layout: Layout = CHECKINS) -> list[Row]:
    """Every indicator of a participant's whole record, family by family.

    Args:
        series: The record.
        layout: What its items are.
    """
    return [
        Row(series.participant, name, found.value, found.n, found.n_pairs, found.reason)
        for family in _FAMILIES
        for name, found in family(series, layout)
    ]


def window_of(series: Series, end: datetime, length: timedelta, layout: Layout = CHECKINS) -> list[Row]:
    """Number, mean and SD of the main item's answers that were submitted in `(end - length, end]`."""
    scores = [
        prompt.answers[layout.main]
        for prompt in series.having(layout.main)
        if prompt.submitted and end - length < prompt.submitted <= end
    ]
    return [
        Row(series.participant, entry.id, found.value, found.n, found.n_pairs, found.reason)
        for entry, found in (
            (level.N, Result(float(len(scores)), len(scores))),
            (level.MEAN, level.mean(scores, level.MEAN.minimum)),
            (level.SD, level.sd(scores, level.SD.minimum)),
        )
    ]


def _level(series: Series, layout: Layout) -> Found:
    scores = series.scores(layout.main)
    yield level.N.id, Result(float(len(scores)), len(scores))
    yield level.MEAN.id, level.mean(scores, level.MEAN.minimum_whole)
    yield level.SD.id, level.sd(scores, level.SD.minimum_whole)
    yield level.REL_SD.id, level.rel_sd(scores, *layout.ranges[layout.main], level.REL_SD.minimum_whole)


def _instability(series: Series, layout: Layout) -> Found:
    scores, pairs = series.scores(layout.main), series.pairs_of(layout.main)
    n = len(scores)
    yield instability.N_PAIRS.id, Result(float(len(pairs)), n, len(pairs))
    yield instability.MSSD.id, instability.mssd(pairs, n, instability.MSSD.minimum_whole)
    yield instability.RMSSD.id, instability.rmssd(pairs, n, instability.RMSSD.minimum_whole)
    padded = instability.mssd_padded(series.placed(layout.main), instability.MSSD_PADDED.minimum_whole)
    yield instability.MSSD_PADDED.id, padded
    yield instability.MSSD_ALL.id, instability.mssd_all(scores, instability.MSSD_ALL.minimum_whole)
    steps = series.steps_of(layout.main)
    yield instability.ASD.id, instability.asd(steps, n, ASD_EXPONENT, instability.ASD.minimum_whole)
    yield instability.PAC.id, instability.pac(pairs, n, PAC_CUT, instability.PAC.minimum_whole)
    yield inertia.AR1_SLOPE.id, inertia.slope(pairs, n, inertia.AR1_SLOPE.minimum_whole)
    yield inertia.AR1_R.id, inertia.correlation(pairs, n, inertia.AR1_R.minimum_whole)


def _emotions(series: Series, layout: Layout) -> Found:
    ratings = _ratings(series, layout.negative)
    for entry, agreement, averaged in (
        (differentiation.ICC31, False, False),
        (differentiation.ICC3K, False, True),
        (differentiation.ICC21, True, False),
        (differentiation.ICC2K, True, True),
    ):
        yield (
            entry.id,
            differentiation.icc(ratings, agreement=agreement, averaged=averaged, minimum=entry.minimum_whole),
        )
    told_apart = differentiation.DIFFERENTIATION
    yield told_apart.id, differentiation.differentiation(ratings, told_apart.minimum_whole)
    everything = _ratings(series, layout.positive + layout.negative)
    low = next((layout.ranges[item][0] for item in layout.positive + layout.negative), 0.0)
    entry = diversity.EMODIVERSITY
    yield entry.id, diversity.emodiversity(everything, low, entry.minimum_whole)


def _ratings(series: Series, items: tuple[str, ...]) -> list[tuple[float, ...]]:
    if not items:
        return []
    return [tuple(prompt.answers[item] for item in items) for prompt in series.having(*items)]


def _coping(series: Series, layout: Layout) -> Found:
    sets = [prompt.coping for prompt in series.prompts if prompt.coping is not None]
    uses = [use for strategies in sets for use in strategies]
    for strategy in layout.strategies:
        counted = Result(float(uses.count(strategy)), len(sets)) if sets else undefined(0, Undefined.NO_DATA)
        yield f"{coping.COUNTS.id}/{strategy}", counted
    yield coping.VARIETY.id, coping.variety(uses, coping.VARIETY.minimum_whole)
    yield coping.SHANNON.id, coping.shannon(uses, coping.SHANNON.minimum_whole)
    yield coping.SIMPSON.id, coping.simpson(uses, coping.SIMPSON.minimum_whole)
    offered = layout.strategies
    yield coping.EVENNESS.id, coping.evenness(uses, len(offered), coping.EVENNESS.minimum_whole)
    pairs = [(a.coping, b.coping) for a, b in series.pairs() if a.coping is not None and b.coping is not None]
    yield coping.BRAY_CURTIS.id, coping.switching(pairs, len(sets), coping.BRAY_CURTIS.minimum_whole)
    yield coping.WITHIN_SD.id, coping.within_sd(sets, offered, coping.WITHIN_SD.minimum_whole)
    yield coping.BETWEEN_SD.id, coping.between_sd(sets, offered, coping.BETWEEN_SD.minimum_whole)
    handled = [
        (prompt.answers[layout.stress], prompt.answers[layout.efficacy])
        for prompt in series.having(layout.stress, layout.efficacy)
    ]
    middle = sum(layout.ranges.get(layout.stress, (0.0, 0.0))) / 2
    yield coping.EFFICACY.id, coping.efficacy(handled, middle, coping.EFFICACY.minimum_whole)


def _wellbeing(series: Series, layout: Layout) -> Found:
    entry = wellbeing.WELLBEING
    if not layout.positive or not layout.negative:
        yield entry.id, wellbeing.composite([], None, None, entry.minimum_whole)
        return
    affects = [
        (_average(prompt, layout.positive), _average(prompt, layout.negative))
        for prompt in series.having(*layout.positive, *layout.negative)
    ]
    ranges = layout.ranges[layout.positive[0]], layout.ranges[layout.negative[0]]
    yield entry.id, wellbeing.composite(affects, *ranges, entry.minimum_whole)


def _average(prompt: Prompt, items: tuple[str, ...]) -> float:
    return sums.mean([prompt.answers[item] for item in items])


def _diurnal(series: Series, layout: Layout) -> Found:
    prompts = series.having(layout.main)
    fitted = diurnal.cosinor(series.timed(layout.main), diurnal.MESOR.minimum_whole)
    yield diurnal.MESOR.id, fitted.mesor
    yield diurnal.AMPLITUDE.id, fitted.amplitude
    yield diurnal.ACROPHASE.id, fitted.acrophase
    placed = [(prompt.day, prompt.beep, prompt.answers[layout.main]) for prompt in prompts]
    for part, found in diurnal.bins(placed, diurnal.BINS.minimum_whole).items():
        yield f"{diurnal.BINS.id}/{part}", found


def _compliance(series: Series, _: Layout) -> Found:
    answered = series.answered
    yield compliance.COMPLIANCE.id, compliance.compliance(len(answered), len(series.prompts))
    latencies = [(p.started - p.scheduled).total_seconds() for p in answered if p.started]
    yield compliance.LATENCY.id, compliance.median_seconds(latencies, len(answered))
    durations = [seconds for p in answered if (seconds := _seconds(p)) is not None]
    yield compliance.DURATION.id, compliance.median_seconds(durations, len(answered))
    yield compliance.LONGEST_GAP.id, compliance.longest_gap([p.answered for p in series.prompts])


def _seconds(prompt: Prompt) -> float | None:
    if prompt.started is None or prompt.submitted is None:
        return None
    return (prompt.submitted - prompt.started).total_seconds()


def _careless(series: Series, layout: Layout) -> Found:
    checkins = [_judged(prompt, layout) for prompt in series.answered]
    for entry, flag, unknown in (
        (careless.FAST, careless.is_fast, Undefined.NO_TIMES),
        (careless.FLAT, careless.is_flat, Undefined.PART_MISSING),
        (careless.MODAL, careless.is_modal, Undefined.PART_MISSING),
    ):
        yield entry.id, careless.share([flag(one) for one in checkins], unknown, entry.minimum_whole)


def _judged(prompt: Prompt, layout: Layout) -> careless.CheckIn:
    spots = []
    for item, answer in sorted(prompt.answers.items()):
        low, high = layout.ranges[item]
        spots.append(100 * (answer - low) / (high - low))
    mixed = any(map(prompt.has, layout.positive)) and any(map(prompt.has, layout.negative))
    return careless.CheckIn(tuple(spots), mixed, _seconds(prompt))


_FAMILIES: tuple[Callable[[Series, Layout], Found], ...] = (
    _level,
    _instability,
    _emotions,
    _coping,
    _wellbeing,
    _diurnal,
    _compliance,
    _careless,
    phases.overlaps,
    phases.charts,
)
