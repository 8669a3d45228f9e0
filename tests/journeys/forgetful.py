"""A worker whose streams pass over events and acknowledge them, as Faust 0.15.3 now and then does."""

from collections.abc import AsyncIterator
from typing import Any

from faust.streams import Stream

from schemas.settings import Settings
from streams.worker.app import run_worker

_take = Stream.take_events


async def take_some(stream: Any, *args: Any, **kwargs: Any) -> AsyncIterator[list[Any]]:
    async for events in _take(stream, *args, **kwargs):
        yield [event for event in events if event.message.offset % 3 != 1]


if __name__ == "__main__":
    Stream.take_events = take_some
    run_worker(Settings())
