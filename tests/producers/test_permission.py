"""Quiet hours and pacing."""

from datetime import UTC, datetime, timedelta

import pytest

from producers.pacing import Bucket
from schemas.quiet import is_quiet
from schemas.study import QuietHours

NIGHT = QuietHours(begin="21:30", end="08:30")
DAY = QuietHours(begin="13:00", end="14:00")


@pytest.mark.parametrize(
    ("local", "hours", "quiet"),
    [("21:29", NIGHT, False), ("21:30", NIGHT, True), ("03:00", NIGHT, True), ("08:29", NIGHT, True),
     ("08:30", NIGHT, False), ("12:59", DAY, False), ("13:30", DAY, True), ("14:00", DAY, False)],
)  # fmt: skip
def test_quiet_hours_are_those_of_the_persons_wall(local: str, hours: QuietHours, quiet: bool) -> None:
    at = datetime.fromisoformat(f"2026-06-01T{local}:00+05:45")
    assert is_quiet(at, "Asia/Kathmandu", hours) is quiet


def test_both_ways_of_a_clock_change() -> None:
    assert is_quiet(datetime(2026, 3, 29, 6, 29, tzinfo=UTC), "Europe/Brussels", NIGHT)  # 08:29, summer
    assert is_quiet(datetime(2026, 10, 25, 7, 29, tzinfo=UTC), "Europe/Brussels", NIGHT)  # 08:29, winter
    assert not is_quiet(datetime(2026, 10, 25, 7, 30, tzinfo=UTC), "Europe/Brussels", NIGHT)


def test_the_bucket_lets_through_what_the_provider_carries() -> None:
    bucket, at, waited = Bucket(1.0), datetime(2026, 6, 1, tzinfo=UTC), 0.0
    for _ in range(60):
        wait = bucket.take(1, at)
        at += timedelta(seconds=wait)
        waited += wait
    assert waited == pytest.approx(57)
    assert Bucket(1.0).take(3, at) == 0
