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
    setattr(Stream, "take_events", take_some)  # noqa: B010 - a method is replaced on purpose
    run_worker(Settings())
