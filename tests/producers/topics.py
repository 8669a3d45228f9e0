"""Reading what is on a topic, for tests."""

from typing import TypeVar

from schemas.codec import Unreadable, decode
from schemas.topic_log import read_to_end
from schemas.topics import Topic

_Event = TypeVar("_Event")


async def on_topic(
    broker: str, topic: Topic, kind: type[_Event], participant: str | None = None
) -> list[_Event]:
    """Every event of a kind that is on a topic now, in the order of its partition."""
    found: list[_Event] = []
    async for record in read_to_end(broker, (topic,)):
        try:
            event = decode(record.value)
        except Unreadable:  # other tests put poison there
            continue
        if isinstance(event, kind) and participant in (None, getattr(event, "participant", None)):
            found.append(event)
    return found
