"""The gateway's helpers: work on Kafka beside the intake, tried again for ever; a failure closes no door."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from schemas.faults import type_and_frames

_log = logging.getLogger(__name__)
_FIRST_SECONDS = 1.0
_LONGEST_SECONDS = 60.0
_STEADY_SECONDS = 60.0

Report = Callable[[Exception | None], None]
"""Told the error by which a helper is interrupted, and None, again and again, while it works."""


class Helpers:
    """Runs the helpers, and says which of them fail.

    Args:
        work: By name, what starts a helper's work anew; it returns when there is nothing left to do.
    """

    def __init__(self, work: Mapping[str, Callable[[Report], Awaitable[None]]]) -> None:
        self._work = work
        self._states = dict.fromkeys(work, "starting")
        self._crashed: set[str] = set()

    @property
    def states(self) -> dict[str, str]:
        """Each helper: `starting`, `working` or `failing`.

        It is `failing` from an error that it reports until it reports that it works; from one that it did not
        handle itself, not before it has lasted for a minute again.
        """
        return dict(self._states)

    async def run(self) -> None:
        """Run all of them until cancelled."""
        await asyncio.gather(*(self._keep(name) for name in self._work))

    async def _keep(self, name: str) -> None:
        """Run one, and start it again when it fails, later each time."""
        loop, pause = asyncio.get_running_loop(), _FIRST_SECONDS
        while True:
            begun = loop.time()
            lasted = loop.call_later(_STEADY_SECONDS, self._crashed.discard, name)
            try:
                await self._work[name](partial(self._report, name))
            except Exception as error:
                if loop.time() - begun > _STEADY_SECONDS:
                    pause = _FIRST_SECONDS
                if name not in self._crashed:
                    _log.error("the %s failed and is started again: %s", name, type_and_frames(error))
                self._crashed.add(name)
                self._states[name] = "failing"
            else:
                self._crashed.discard(name)
                self._states[name] = "working"
                return
            finally:
                lasted.cancel()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_SECONDS)

    def _report(self, name: str, error: Exception | None) -> None:
        if error is None:
            if name not in self._crashed:
                self._states[name] = "working"
        elif self._states[name] != "failing":
            _log.error("the %s is interrupted and tries again: %s", name, type(error).__name__)
            self._states[name] = "failing"
