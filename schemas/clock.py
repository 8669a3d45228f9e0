"""The one module that reads the clock; everywhere else time is a parameter."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current instant in UTC; tests pass their own."""


def now() -> datetime:
    """The current instant in UTC, truncated to milliseconds so that every store keeps it exactly."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
