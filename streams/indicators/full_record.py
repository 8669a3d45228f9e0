"""All indicators of one participant over the full record, as rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.events import Undefined
from streams.indicators import phase_comparison
from streams.indicators.catalogue import FAMILIES
from streams.indicators.measures import level
from streams.indicators.result import Found, Result
from streams.records.full_record import Series
from streams.records.item_roles import CHECKINS, Layout

_OVER_RECORD: tuple[Callable[[Series, Layout], Found], ...] = (
    *(family.over_record for family in FAMILIES if hasattr(family, "over_record")),
    phase_comparison.charts,
)


@dataclass(frozen=True)
class Row:
    """One value of one participant.

    Attributes:
        participant: The participant.
        indicator: Id in the catalogue, or that with a part after a slash.
        value: The value, or None with a `reason`.
        n: Number of answers used (or of what the catalogue entry counts).
        n_pairs: Number of pairs used; None for an indicator that does not use pairs.
        reason: Why there is no value; None if there is one.
    """

    participant: str
    indicator: str
    value: float | None
    n: int
    n_pairs: int | None
    reason: Undefined | None


def indicators_of(series: Series, layout: Layout = CHECKINS) -> list[Row]:
    """Every indicator of a participant's full record, family by family.

    Args:
        series: The record.
        layout: The roles of its items.
    """
    return [
        Row(series.participant, name, found.value, found.n, found.n_pairs, found.reason)
        for over_record in _OVER_RECORD
        for name, found in over_record(series, layout)
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
