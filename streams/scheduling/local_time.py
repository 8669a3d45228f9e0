"""From a participant's local time to instants, through clock changes, missing days and nights."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from whenever import Date, Time

_DAY = timedelta(days=1)


def instant_of(day: date, local: str, zone: str) -> datetime | None:
    """The instant of a local time; None on a date that the zone's calendar skips.

    A time that a clock change skips is moved later by the length of the change; of a repeated time, the first
    is used.

    Args:
        day: Date on the local calendar.
        local: `HH:MM`.
        zone: IANA name.
    """
    hour, minute = (int(part) for part in local.split(":"))
    plain = Date(day.year, day.month, day.day).at(Time(hour, minute))
    placed = plain.assume_tz(zone, disambiguation="compatible")
    if placed.date() != plain.date():
        return None
    return placed.to_instant().to_stdlib()


def window_of(day: date, wake: str, sleep: str, zone: str) -> tuple[datetime, datetime] | None:
    """The waking hours that begin on a date; `sleep` before `wake` is on the next date.

    None if the zone's calendar skips the date.
    """
    start = instant_of(day, wake, zone)
    end = instant_of(day if sleep > wake else day + _DAY, sleep, zone)
    if start is None:
        return None
    if end is None:  # the next date does not exist
        end = instant_of(day + 2 * _DAY, sleep, zone)
    return (start, end) if end is not None and end > start else None


def local_date(at: datetime, zone: str) -> date:
    """The date on the local calendar."""
    return at.astimezone(ZoneInfo(zone)).date()
