"""How guessing passwords is slowed, without keeping anybody out of their own account for ever.

Wrong passwords are counted for a name from one network, for a name, and for a network; each count allows some
tries, then waits that double. A browser that somebody signed in with before is known by a signed cookie and
counted by itself, so that whoever guesses elsewhere cannot keep its owner waiting. Names that do not exist
are counted like those that do.
"""

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

_FORGOTTEN_AFTER = timedelta(hours=24)
_MOST_COUNTS = 10_000


@dataclass(frozen=True)
class Patience:
    """How many wrong passwords are allowed, and how long the waits after them are.

    Attributes:
        free: Tries that need no wait.
        first_seconds: The first wait; each further wrong password doubles it.
        longest_seconds: The longest wait.
    """

    free: int
    first_seconds: float
    longest_seconds: float

    def wait_after(self, wrong: int) -> timedelta:
        """The wait after so many wrong passwords."""
        if wrong < self.free:
            return timedelta()
        doubled = math.ldexp(self.first_seconds, min(wrong - self.free, 30))
        return timedelta(seconds=min(doubled, self.longest_seconds))


class Counted(Enum):
    """What wrong passwords are counted for."""

    DEVICE = Patience(5, 30, 900)
    NAME_FROM_NETWORK = Patience(5, 30, 900)
    NAME = Patience(20, 30, 900)
    NETWORK = Patience(50, 15, 60)


Key = tuple[Counted, str]


def counted_for(name: str, network: str, device: str | None) -> tuple[Key, ...]:
    """What a try counts for.

    Args:
        name: The account's name and what changes with its password; or a name that does not exist.
        network: Where the try comes from; empty if unknown.
        device: The browser, if it is known as one that this account signed in with.
    """
    if device is not None:
        return ((Counted.DEVICE, device),)
    return (
        (Counted.NAME_FROM_NETWORK, f"{name}\n{network}"),
        (Counted.NAME, name),
        (Counted.NETWORK, network),
    )


class Guesses:
    """The wrong passwords of the last day, at most 10,000 counts of each kind; the oldest give way."""

    def __init__(self) -> None:
        self._wrong: dict[Counted, OrderedDict[str, tuple[int, datetime]]] = {
            kind: OrderedDict() for kind in Counted
        }

    def seconds_to_wait(self, keys: Sequence[Key], now: datetime) -> int:
        """Seconds until a password may be tried again; 0 if it may be now."""
        waits = [self._until(kind, key, now) - now for kind, key in keys]
        return max(0, *(math.ceil(wait.total_seconds()) for wait in waits))

    def count(self, keys: Sequence[Key], now: datetime) -> None:
        """Count a try as wrong; made before the password is compared, so that tries at once count too."""
        for kind, key in keys:
            wrong = self._count(kind, key, now)
            table = self._wrong[kind]
            table[key] = (wrong + 1, now)
            table.move_to_end(key)
            if len(table) > _MOST_COUNTS:
                table.popitem(last=False)

    def take_back(self, keys: Sequence[Key]) -> None:
        """The password was right: the name, from there, starts afresh; other counts lose this try."""
        for kind, key in keys:
            table = self._wrong[kind]
            wrong, at = table.get(key, (0, datetime.min))
            if kind in (Counted.DEVICE, Counted.NAME_FROM_NETWORK) or wrong <= 1:
                table.pop(key, None)
            else:
                table[key] = (wrong - 1, at)

    def _until(self, kind: Counted, key: str, now: datetime) -> datetime:
        wrong, at = self._wrong[kind].get(key, (0, now))
        return at + kind.value.wait_after(wrong) if self._count(kind, key, now) else now

    def _count(self, kind: Counted, key: str, now: datetime) -> int:
        wrong, at = self._wrong[kind].get(key, (0, now))
        return wrong if now - at < _FORGOTTEN_AFTER else 0
