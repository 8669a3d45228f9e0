"""Tells whether the worker gets on with its work: ready, on its way there, or stuck.

Measured on Faust 0.15.3: after a pause that outlasts the session, recovery of the tables may never end, and
the worker neither works nor fails. Only a new process helps then.
"""

from collections.abc import Hashable
from enum import StrEnum

_LOOKS = 8
_FIRST_LOOKS = 60


class Steadiness(StrEnum):
    """What the worker is doing."""

    READY = "ready"
    ON_THE_WAY = "on_the_way"
    STUCK = "stuck"


class Watch:
    """Watches a worker from one look to the next.

    It counts looks and not seconds: a worker that computes a backlog cannot be looked at, but is not stuck.
    """

    def __init__(self) -> None:
        self._was_ready = False
        self._seen: Hashable = None
        self._looks = 0

    def look(self, *, working: bool, progress: Hashable) -> Steadiness:
        """Judge the worker.

        Args:
            working: Whether its partitions are assigned and its tables recovered.
            progress: What changes while it is on its way there: offsets of the recovery, say.

        Returns:
            `stuck` if it does not work and nothing has changed over eight looks, which are two seconds apart,
            or sixty where it has never worked yet: to join a group takes as long as the session of a member
            that is gone.
        """
        if working:
            self._was_ready, self._looks = True, 0
            return Steadiness.READY
        self._looks = 1 if progress != self._seen else self._looks + 1
        self._seen = progress
        most = _LOOKS if self._was_ready else _FIRST_LOOKS
        return Steadiness.STUCK if self._looks > most else Steadiness.ON_THE_WAY
