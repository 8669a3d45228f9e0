"""How fast texts may be handed over: a bucket of SMS segments that fills steadily."""

from datetime import datetime


class Bucket:
    """At most `per_second` segments a second on average, and that many at once.

    Args:
        per_second: How fast it fills; also how much it holds, at least one text of three segments.
    """

    def __init__(self, per_second: float) -> None:
        self._rate = per_second
        self._room = max(per_second, 3.0)
        self._held = self._room
        self._at: datetime | None = None

    def take(self, segments: int, now: datetime) -> float:
        """Take segments out; how many seconds to wait before they may be sent."""
        if self._at is not None:
            self._held = min(self._room, self._held + (now - self._at).total_seconds() * self._rate)
        self._at = now
        self._held -= segments
        return max(0.0, -self._held / self._rate)
