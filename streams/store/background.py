"""Work in a thread that does not keep its process from ending."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

_T = TypeVar("_T")


async def in_background(work: Callable[[], _T]) -> _T:
    """Do something in a daemon thread: unlike `asyncio.to_thread`, nothing waits for it at the end."""
    outcome: Future[_T] = Future()
    threading.Thread(target=_settle, args=(outcome, work), name="background", daemon=True).start()
    return await asyncio.wrap_future(outcome)


def _settle(outcome: "Future[_T]", work: Callable[[], _T]) -> None:
    if not outcome.set_running_or_notify_cancel():
        return
    try:
        outcome.set_result(work())
    except BaseException as error:
        outcome.set_exception(error)
