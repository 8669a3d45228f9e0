"""Ending a service in order: SIGTERM and SIGINT call something in the event loop."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress


def on_stop(call: Callable[[], object]) -> None:
    """Call something in the running event loop at SIGTERM and SIGINT."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # on Windows, Ctrl-C stays an exception
            loop.add_signal_handler(name, call)


async def until_stopped(work: Coroutine[object, object, None]) -> None:
    """Do some work until it ends or a signal cancels it."""
    task = asyncio.create_task(work)
    on_stop(task.cancel)
    with suppress(asyncio.CancelledError):
        await task
