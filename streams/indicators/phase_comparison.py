"""Control charts of a participant's days against their own baseline, over the full record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from schemas.events import Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import control_charts, sums
from streams.indicators.result import Result, undefined
from streams.indicators.whole_record import Row, WholeRecord
from streams.records.full_record import Series
from streams.records.item_roles import Layout


@dataclass(frozen=True)
class _Day:
    number: int
    phase: str
    scores: tuple[float, ...]


def _days(record: WholeRecord) -> list[_Day]:
    days = [
        (number, list(found))
        for number, found in groupby(record.scored(record.main), key=lambda scored: scored[0].day)
    ]
    return [
        _Day(number, found[0][0].phase, tuple(score for _, score in found))
        for number, found in days
        if len(found) >= control_charts.DAYS.minimum
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
    """The days on which a chart of the main scale's day means is outside its limits.

    The baseline must have at least 14 days; with fewer there are no alarms.
    """
    days = _days(WholeRecord(series, layout))
    means = [sums.mean(day.scores) for day in days]
    base = [mean for day, mean in zip(days, means, strict=True) if day.phase == layout.baseline]
    drawn = control_charts.chart(means, base, control_charts.CENTRE.minimum)
    found: list[Alarm] = []
    for place, day in enumerate(days):
        if day.phase != layout.baseline:
            beyond = control_charts.beyond(drawn, place)
            found += [Alarm(chart, day.number, value) for chart, value in beyond.items()]
    return found


def charts(record: WholeRecord) -> Iterator[Row]:
    """Every day, and the last answer, of the main scale against the participant's own baseline."""
    days, baseline, main = _days(record), record.layout.baseline, record.main
    means = [sums.mean(day.scores) for day in days]
    base = [mean for day, mean in zip(days, means, strict=True) if day.phase == baseline]
    drawn = control_charts.chart(means, base, control_charts.CENTRE.minimum_whole)
    counted = control_charts.signals(drawn, [day.phase != baseline for day in days])
    yield record.row(control_charts.CENTRE, drawn.centre, main)
    yield record.row(control_charts.BASE_SD, drawn.sd, main)
    yield record.row(control_charts.Z_LAST, partial(_z_last, record), main)
    yield record.row(control_charts.EWMA_SIGNALS, counted.ewma, main)
    yield record.row(control_charts.CUSUM_SIGNALS, counted.cusum, main)
    yield record.row(control_charts.SHEWHART_SIGNALS, counted.shewhart, main)
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
            yield record.row(entry, found, main, part=str(place))


def _z_last(record: WholeRecord, minimum: int) -> Result:
    scored = record.scored(record.main)
    if not scored:
        return undefined(0, Undefined.NO_DATA)
    base = [score for checkin, score in scored if checkin.phase == record.layout.baseline]
    return control_charts.z_of(scored[-1][1], base, minimum)
