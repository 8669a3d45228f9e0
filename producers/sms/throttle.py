"""How fast texts are sent: a token bucket of SMS segments."""

import asyncio
from contextlib import nullcontext
from datetime import datetime

from schemas.clock import Clock


class Bucket:
    """At most `per_second` segments a second on average, and that many at once.

    It starts empty: what was sent just before a restart is unknown, and may have emptied it.

    Args:
        per_second: How fast it fills; also how much it holds, at least one text of three segments.
        since: When it starts to fill.
    """

    def __init__(self, per_second: float, since: datetime) -> None:
        self._rate = per_second
        self._room = max(per_second, 3.0)
        self._held = 0.0
        self._at = since

    def take(self, segments: int, now: datetime) -> float:
        """Take segments out; the seconds to wait before they may be sent."""
        self._held = min(self._room, self._held + (now - self._at).total_seconds() * self._rate)
        self._at = now
        self._held -= segments
        return max(0.0, -self._held / self._rate)


class Throttle:
    """Lets texts through one after the other, as fast as the bucket fills; urgent ones go first.

    Args:
        per_second: Segments a second.
        clock: Tells the time.
    """

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._bucket = Bucket(per_second, clock())
        self._clock = clock
        self._next = asyncio.Lock()
        self._ordinary = asyncio.Lock()

    async def wait(self, segments: int, *, urgent: bool = False) -> None:
        """Wait until a text of so many segments may be sent."""
        # Only one ordinary text at a time waits in the queue that urgent ones join.
        async with nullcontext() if urgent else self._ordinary, self._next:
            await asyncio.sleep(self._bucket.take(segments, self._clock()))
