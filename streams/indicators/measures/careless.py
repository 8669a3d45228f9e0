"""Careless answering: flags for single check-ins (Jaso, Kraus & Heller 2022). They never exclude data."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from schemas.base import Measure
from schemas.events import Undefined
from streams.indicators.entry import Indicator
from streams.indicators.measures import sums
from streams.indicators.result import Result, undefined
from streams.indicators.whole_record import Row, WholeRecord
from streams.records import full_record

FAMILY = "Careless answering"

FAST = Indicator(
    id="careless_fast",
    title="Answered too fast",
    family=FAMILY,
    formula="check-ins with (submitted − opened) / items ≤ 1 s, / check-ins with known times",
    unit="share",
    range="0 to 1",
    source="Jaso, Kraus & Heller 2022",
    minimum=1,
    minimum_day=1,
    counted="check-ins",
    edge_cases="Undefined (`no_times`) where opening times are unknown, as with SMS.",
    interpretation="Nobody reads and answers an item in a second. A reason to look at the data, never to "
    "drop it silently.",
    by_checkin=True,
)
FLAT = replace(
    FAST,
    id="careless_flat",
    title="Straight-lining",
    formula="check-ins whose items, on 0 to 100, have an SD ≤ 5, / check-ins",
    edge_cases="Undefined unless a check-in has positive and negative items (`part_missing`) and the study "
    "asks both (`not_asked`): a calm person may well give every negative item the lowest value.",
    interpretation="Pleasant and unpleasant items get nearly the same answer. A reason to look at the "
    "data, never "
    "to drop it silently.",
)
MODAL = replace(
    FLAT,
    id="careless_mode",
    title="Mostly one answer",
    formula="check-ins with ≥ 60 % of the items at the same place on 0 to 100, / check-ins",
)

_SECONDS_PER_ITEM = 1.0
_FLAT_SD = 5.0
_MODAL_SHARE = 0.6


@dataclass(frozen=True)
class CheckIn:
    """What the flags of one check-in are based on.

    Attributes:
        spots: Each numeric answer's place on its scale, 0 (lowest) to 100 (highest).
        mixed: Whether they include pleasant and unpleasant items.
        seconds: Seconds from opening to submitting; None if unknown.
    """

    spots: tuple[float, ...]
    mixed: bool
    seconds: float | None


def is_fast(checkin: CheckIn) -> bool | None:
    """Whether it took a second or less per item; None if unknown."""
    if checkin.seconds is None or not checkin.spots:
        return None
    return checkin.seconds / len(checkin.spots) <= _SECONDS_PER_ITEM


def is_flat(checkin: CheckIn) -> bool | None:
    """Whether the SD of its answers, on 0 to 100, is at most 5; None unless it has items of both valences."""
    return sums.sd(checkin.spots) <= _FLAT_SD if checkin.mixed else None


def is_modal(checkin: CheckIn) -> bool | None:
    """Whether at least 60 % of its answers are the same; None unless it has items of both valences."""
    if not checkin.mixed:
        return None
    return max(Counter(checkin.spots).values()) / len(checkin.spots) >= _MODAL_SHARE


def share(flags: Sequence[bool | None], unknown: Undefined, minimum: int) -> Result:
    """Share flagged among the check-ins that can be judged, 0 to 1.

    Args:
        flags: One for each check-in; None where it cannot be judged.
        unknown: The reason if none can be judged.
        minimum: Number of judged check-ins below which it is undefined.
    """
    judged = [flag for flag in flags if flag is not None]
    if not judged:
        return undefined(len(flags), unknown if flags else Undefined.NO_DATA)
    if len(judged) < minimum:
        return undefined(len(judged), Undefined.TOO_FEW)
    return Result(sum(judged) / len(judged), len(judged))


_BOTH = Measure.POSITIVE_AFFECT, Measure.NEGATIVE_AFFECT


def over_record(record: WholeRecord) -> Iterator[Row]:
    """The family over a whole record."""
    checkins = [_judged(checkin, record) for checkin in record.series.checkins]
    fast = partial(share, [is_fast(one) for one in checkins], Undefined.NO_TIMES)
    yield record.row(FAST, fast)
    for entry, flag in ((FLAT, is_flat), (MODAL, is_modal)):
        flags = [flag(one) for one in checkins]
        yield record.row(entry, partial(share, flags, Undefined.PART_MISSING), *_BOTH)


def _judged(checkin: full_record.CheckIn, record: WholeRecord) -> CheckIn:
    spots = []
    for item, answer in sorted(checkin.answers.items()):
        low, high = record.layout.ranges[item]
        spots.append(100 * (answer - low) / (high - low))
    mixed = all(record.answers(checkin, scale) for scale in _BOTH)
    return CheckIn(tuple(spots), mixed, checkin.seconds_to_complete)
