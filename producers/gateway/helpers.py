"""The gateway's helpers: work beside the intake, tried again for ever, whose failure closes no door."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from schemas.faults import type_and_frames

_log = logging.getLogger(__name__)
_FIRST_SECONDS = 1.0
_LONGEST_SECONDS = 60.0
_STEADY_SECONDS = 60.0


class Helpers:
    """Runs the helpers, and says which of them fail.

    Args:
        work: By name, what starts a helper's work anew; it returns when there is nothing left to do.
    """

    def __init__(self, work: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
        self._work = work
        self._failing: set[str] = set()

    @property
    def states(self) -> dict[str, str]:
        """Each helper: `working`, or `failing` from an error until it has lasted for a minute again."""
        return {name: "failing" if name in self._failing else "working" for name in self._work}

    async def run(self) -> None:
        """Run all of them until cancelled."""
        await asyncio.gather(*(self._keep(name) for name in self._work))

    async def _keep(self, name: str) -> None:
        """Run one, and start it again when it fails, later each time."""
        loop, pause = asyncio.get_running_loop(), _FIRST_SECONDS
        while True:
            begun = loop.time()
            lasted = loop.call_later(_STEADY_SECONDS, self._failing.discard, name)
            try:
                await self._work[name]()
            except Exception as error:
                if loop.time() - begun > _STEADY_SECONDS:
                    pause = _FIRST_SECONDS
                if name not in self._failing:
                    _log.error("the %s failed and is started again: %s", name, type_and_frames(error))
                self._failing.add(name)
            else:
                self._failing.discard(name)
                return
            finally:
                lasted.cancel()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_SECONDS)
