"""All live indicators of one participant over the windows that end at one check-in."""

from collections.abc import Iterator

from schemas.events import IndicatorValue, Window
from schemas.study.versions import Versions
from streams.indicators.catalogue import CATALOGUE, FAMILIES
from streams.indicators.window import Windowed, between
from streams.records.timeline import CheckInRecord, History

_BY_CHECKIN = frozenset(entry.id for entry in CATALOGUE if entry.by_checkin)
_LIVE = tuple(family.live for family in FAMILIES if hasattr(family, "live"))


def rolling(history: History, versions: Versions, checkin: CheckInRecord) -> tuple[IndicatorValue, ...]:
    """The indicators at a check-in, for the measures of its study version; shortest window first.

    Where a window holds check-ins on the participant's own initiative, `ID/prompted` and `ID/own_initiative`
    follow: the values without them, and from them alone, of those indicators that use check-ins one by one.
    """
    windows = [Windowed(history, versions, checkin, length) for length in Window]
    return tuple(value for window in windows for value in (*_values(window), *_values_by_part(window)))


def _values(window: Windowed) -> Iterator[IndicatorValue]:
    for live in _LIVE:
        yield from live(window)


def _values_by_part(window: Windowed) -> Iterator[IndicatorValue]:
    for part in window.parts:
        for value in _values(part):
            if value.indicator.removesuffix(f"/{part.which.value}") in _BY_CHECKIN:
                yield value


def known(history: History, end: int, length: int) -> int:
    """Number of prompts and check-in versions of a history in `(end - length, end]`."""
    start = end - length
    return len(between(history.asked, start, end)) + sum(
        checkin.version for checkin in between(history.known, start, end)
    )
