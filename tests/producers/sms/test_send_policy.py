"""Quiet hours and pacing."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from producers.sms.throttle import Bucket, Throttle
from schemas.clock import now
from schemas.study import QuietHours

NIGHT = QuietHours(begin="21:30", end="08:30")
DAY = QuietHours(begin="13:00", end="14:00")


@pytest.mark.parametrize(
    ("local", "hours", "quiet"),
    [("21:29", NIGHT, False), ("21:30", NIGHT, True), ("03:00", NIGHT, True), ("08:29", NIGHT, True),
     ("08:30", NIGHT, False), ("12:59", DAY, False), ("13:30", DAY, True), ("14:00", DAY, False)],
)  # fmt: skip
def test_quiet_hours_follow_the_persons_local_time(local: str, hours: QuietHours, quiet: bool) -> None:
    at = datetime.fromisoformat(f"2026-06-01T{local}:00+05:45")
    assert hours.cover(at, "Asia/Kathmandu") is quiet


def test_both_ways_of_a_clock_change() -> None:
    assert NIGHT.cover(datetime(2026, 3, 29, 6, 29, tzinfo=UTC), "Europe/Brussels")  # 08:29, summer
    assert NIGHT.cover(datetime(2026, 10, 25, 7, 29, tzinfo=UTC), "Europe/Brussels")  # 08:29, winter
    assert not NIGHT.cover(datetime(2026, 10, 25, 7, 30, tzinfo=UTC), "Europe/Brussels")


def test_the_bucket_lets_through_what_the_provider_carries() -> None:
    at, waited = datetime(2026, 6, 1, tzinfo=UTC), 0.0
    bucket = Bucket(1.0, at)
    for _ in range(60):
        wait = bucket.take(1, at)
        at += timedelta(seconds=wait)
        waited += wait
    assert waited == pytest.approx(60)
    at += timedelta(minutes=5)
    assert [bucket.take(3, at), bucket.take(3, at)] == [0, 3]


def test_restarts_do_not_outrun_the_provider() -> None:
    at, begun = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    for _ in range(60):
        at += timedelta(seconds=Bucket(1.0, at).take(1, at))
    assert at - begun == timedelta(seconds=60)


async def test_an_urgent_text_goes_before_all_that_wait() -> None:
    throttle, order = Throttle(100.0, now), list[str]()

    async def go(name: str, *, urgent: bool) -> None:
        await throttle.wait(3, urgent=urgent)
        order.append(name)

    ordinary = [asyncio.create_task(go(str(number), urgent=False)) for number in range(8)]
    await asyncio.sleep(0.01)
    await go("urgent", urgent=True)
    await asyncio.gather(*ordinary)
    assert "urgent" in order[:3]
    assert [name for name in order if name != "urgent"] == [str(number) for number in range(8)]
