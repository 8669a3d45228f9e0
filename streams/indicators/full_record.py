"""All indicators of one participant over the full record, as rows."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from streams.indicators import phase_comparison
from streams.indicators.catalogue import FAMILIES, entry_of
from streams.indicators.measures import level
from streams.indicators.result import Result
from streams.indicators.whole_record import Row, WholeRecord
from streams.records.full_record import Series
from streams.records.item_roles import CHECKINS, Layout

_OVER_RECORD: tuple[Callable[[WholeRecord], Iterator[Row]], ...] = (
    *(family.over_record for family in FAMILIES if hasattr(family, "over_record")),
    phase_comparison.charts,
)


def indicators_of(series: Series, layout: Layout = CHECKINS) -> list[Row]:
    """Every indicator of a participant's full record, family by family.

    If some check-ins were made on the participant's own initiative, rows `ID/prompted` and
    `ID/own_initiative` follow: the values without them, and from them alone, of those indicators that use
    check-ins one by one.

    Args:
        series: The record.
        layout: Its scales.
    """
    record = WholeRecord(series, layout)
    return [
        *_rows(record),
        *(
            row
            for part in record.parts
            for row in _rows(part)
            if (entry := entry_of(row.indicator)) and entry.by_checkin
        ),
    ]


def _rows(record: WholeRecord) -> Iterator[Row]:
    for over_record in _OVER_RECORD:
        yield from over_record(record)


def window_of(series: Series, end: datetime, length: timedelta, layout: Layout = CHECKINS) -> list[Row]:
    """Number, mean and SD of each scale's answers that were submitted in `(end - length, end]`."""
    record = WholeRecord(series, layout)
    found = []
    for scale in record.scales:
        scores = [score for checkin, score in record.scored(scale) if end - length < checkin.submitted <= end]
        for entry, result in (
            (level.N, Result(float(len(scores)), len(scores))),
            (level.MEAN, level.mean(scores, level.MEAN.minimum)),
            (level.SD, level.sd(scores, level.SD.minimum)),
        ):
            found.append(record.row(entry, result, scale))
    return found
