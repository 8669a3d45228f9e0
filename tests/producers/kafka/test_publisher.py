"""When Kafka is away, nobody is told that an event is stored, and nobody waits long."""

import socket
import time
from collections.abc import Iterator

import pytest

from producers.kafka import Publisher, PublishFailed
from tests.streams.indicators.test_update import EVENTS

EVENT = EVENTS[0]


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield int(listener.getsockname()[1])


async def test_a_kafka_that_is_away_or_deaf_is_not_waited_for(deaf_port: int) -> None:
    for port in (1, deaf_port):
        publisher = Publisher(f"127.0.0.1:{port}", limit=1.0)
        begun = time.monotonic()
        with pytest.raises(PublishFailed):
            await publisher.publish(EVENT)
        assert time.monotonic() - begun < 5
        assert not await publisher.ready()
        await publisher.close()


async def test_what_is_acknowledged_is_there(broker: str) -> None:
    publisher = Publisher(broker)
    await publisher.publish(EVENT)
    assert await publisher.ready()
    await publisher.close()
