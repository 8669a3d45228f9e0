"""Tells whether the worker gets on with its work: ready, on its way there, or stuck.

Measured on Faust 0.15.3: after a pause that outlasts the session, recovery of the tables may never end, and
the worker neither works nor fails. Only a new process helps then.
"""

from collections.abc import Hashable
from enum import StrEnum

_STANDSTILL_SECONDS = 10.0
_FIRST_STANDSTILL_SECONDS = 120.0


class Steadiness(StrEnum):
    """What the worker is doing."""

    READY = "ready"
    ON_THE_WAY = "on_the_way"
    STUCK = "stuck"


class Watch:
    """Watches a worker from one look to the next."""

    def __init__(self) -> None:
        self._was_ready = False
        self._seen: Hashable = None
        self._since: float | None = None

    def look(self, *, working: bool, progress: Hashable, at: float) -> Steadiness:
        """Judge the worker.

        Args:
            working: Whether its partitions are assigned and its tables recovered.
            progress: What changes while it is on its way there: offsets of the recovery, say.
            at: A monotonic time in seconds.

        Returns:
            `stuck` if it does not work and nothing has changed for ten seconds or, where it has never worked
            yet, for two minutes: to join a group takes as long as the session of a member that is gone.
        """
        if working:
            self._was_ready, self._since = True, None
            return Steadiness.READY
        if self._since is None or progress != self._seen:
            self._seen, self._since = progress, at
        limit = _STANDSTILL_SECONDS if self._was_ready else _FIRST_STANDSTILL_SECONDS
        return Steadiness.STUCK if at - self._since > limit else Steadiness.ON_THE_WAY
