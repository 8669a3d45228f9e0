"""Quiet hours on somebody's own wall clock."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from schemas.study import QuietHours


def is_quiet(at: datetime, zone: str, hours: QuietHours) -> bool:
    """Whether an instant lies in the quiet hours `[begin, end)` of a zone; they may span midnight."""
    local = at.astimezone(ZoneInfo(zone)).time()
    begin, end = time.fromisoformat(hours.begin), time.fromisoformat(hours.end)
    return begin <= local < end if begin <= end else local >= begin or local < end
