"""All live indicators of one participant over the windows that end at one check-in."""

from schemas.events import IndicatorValue, Window
from schemas.study.versions import Versions
from streams.indicators.catalogue import FAMILIES
from streams.indicators.window import Windowed, between
from streams.records.timeline import CheckInRecord, History

_LIVE = tuple(family.live for family in FAMILIES if hasattr(family, "live"))


def rolling(history: History, versions: Versions, checkin: CheckInRecord) -> tuple[IndicatorValue, ...]:
    """The indicators at a check-in, for the measures of its study version; shortest window first."""
    windows = [Windowed(history, versions, checkin, length) for length in Window]
    return tuple(value for window in windows for live in _LIVE for value in live(window))


def known(history: History, end: int, length: int) -> int:
    """Number of prompts and check-in versions of a history in `(end - length, end]`."""
    start = end - length
    return len(between(history.asked, start, end)) + sum(
        checkin.version for checkin in between(history.known, start, end)
    )
