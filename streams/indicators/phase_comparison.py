"""Control charts of a participant's days against their own baseline, over the full record."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from schemas.events import Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import control_charts, sums
from streams.indicators.result import Found, Result, undefined
from streams.records.full_record import Series
from streams.records.item_roles import Layout


@dataclass(frozen=True)
class _Day:
    number: int
    phase: str
    scores: tuple[float, ...]


def _days(series: Series, layout: Layout) -> list[_Day]:
    days = [
        (number, list(prompts))
        for number, prompts in groupby(series.having(layout.main), key=lambda prompt: prompt.day)
    ]
    return [
        _Day(number, prompts[0].phase, tuple(prompt.answers[layout.main] for prompt in prompts))
        for number, prompts in days
        if len(prompts) >= control_charts.DAYS.minimum
    ]


@dataclass(frozen=True)
class Alarm:
    """A day after the baseline on which a chart is outside its limits.

    Attributes:
        chart: `ewma`, `cusum` or `shewhart`.
        day: Study day.
        value: The chart's value, in its own unit.
    """

    chart: str
    day: int
    value: float


def alarms(series: Series, layout: Layout) -> list[Alarm]:
    """The days on which a chart of the main item's day means is outside its limits.

    The baseline must have at least 14 days; with fewer there are no alarms.
    """
    days = _days(series, layout)
    means = [sums.mean(day.scores) for day in days]
    base = [mean for day, mean in zip(days, means, strict=True) if day.phase == layout.baseline]
    drawn = control_charts.chart(means, base, control_charts.CENTRE.minimum)
    found: list[Alarm] = []
    for place, day in enumerate(days):
        if day.phase != layout.baseline:
            beyond = control_charts.beyond(drawn, place)
            found += [Alarm(chart, day.number, value) for chart, value in beyond.items()]
    return found


def charts(series: Series, layout: Layout) -> Found:
    """Every day, and the last answer, against the participant's own baseline."""
    days = _days(series, layout)
    means = [sums.mean(day.scores) for day in days]
    base = [mean for day, mean in zip(days, means, strict=True) if day.phase == layout.baseline]
    drawn = control_charts.chart(means, base, control_charts.CENTRE.minimum_whole)
    yield control_charts.CENTRE.id, drawn.centre
    yield control_charts.BASE_SD.id, drawn.sd
    yield control_charts.Z_LAST.id, _z_last(series, layout)
    counted = control_charts.signals(drawn, [day.phase != layout.baseline for day in days])
    yield control_charts.EWMA_SIGNALS.id, counted.ewma
    yield control_charts.CUSUM_SIGNALS.id, counted.cusum
    yield control_charts.SHEWHART_SIGNALS.id, counted.shewhart
    numbers = [Result(float(day.number), len(day.scores)) for day in days]
    centres = [Result(mean, len(day.scores)) for day, mean in zip(days, means, strict=True)]
    lines: tuple[tuple[Indicator, Sequence[Result]], ...] = (
        (control_charts.DAYS, numbers),
        (control_charts.DAY_MEAN, centres),
        (control_charts.Z, drawn.z),
        (control_charts.EWMA, drawn.ewma),
        (control_charts.LOWER, drawn.lower),
        (control_charts.UPPER, drawn.upper),
        (control_charts.CUSUM_POS, drawn.cusum_pos),
        (control_charts.CUSUM_NEG, drawn.cusum_neg),
    )
    for entry, results in lines:
        for place, found in enumerate(results):
            yield f"{entry.id}/{place}", found


def _z_last(series: Series, layout: Layout) -> Result:
    prompts = series.having(layout.main)
    if not prompts:
        return undefined(0, Undefined.NO_DATA)
    base = [prompt.answers[layout.main] for prompt in prompts if prompt.phase == layout.baseline]
    last = prompts[-1].answers[layout.main]
    return control_charts.z_of(last, base, control_charts.Z_LAST.minimum_whole)
