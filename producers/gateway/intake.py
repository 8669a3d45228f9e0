"""Publishing incoming events: each once, and done only when Kafka has acknowledged it."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID
from weakref import WeakValueDictionary

from producers.kafka import Publisher
from producers.vault import Vault
from schemas.clock import Clock
from schemas.events import Event


class Intake:
    """Publishes events that the ledger does not know as acknowledged."""

    def __init__(self, vault: Vault, publisher: Publisher, clock: Clock) -> None:
        self._vault = vault
        self._publisher = publisher
        self._clock = clock
        self._locks: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    async def publish_once(self, event_id: UUID, build: Callable[[datetime], Event]) -> None:
        """Publish an event, unless Kafka has already acknowledged it.

        Args:
            event_id: Its id, which is derived from its cause.
            build: Builds the event from the time its cause was first seen, so that a retry builds the same
                one.

        Raises:
            PublishFailed: Kafka has not acknowledged it.
            VaultUnavailable: The ledger cannot be written.
        """
        lock = self._locks.setdefault(event_id, asyncio.Lock())
        async with lock:
            received_at, acknowledged = await self._vault.ledger.first_seen(event_id, self._clock())
            if acknowledged:
                return
            receipt = await self._publisher.publish(build(received_at))
            await self._vault.ledger.acknowledge(event_id, receipt)
