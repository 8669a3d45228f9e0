"""Calls for help that Kafka does not have yet: kept until it does, so that no crash loses one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from producers.vault.connection import Connection, sortable
from schemas.base import FrozenModel

SCHEMA = """
CREATE TABLE IF NOT EXISTS calls(
    event_id TEXT PRIMARY KEY, event TEXT NOT NULL, kept_at TEXT NOT NULL) STRICT;
"""
_MOST = 1000


class Kept(FrozenModel):
    """An event of a call for help.

    Attributes:
        event_id: Its id.
        event: The event as JSON; what was written is not in it.
    """

    event_id: UUID
    event: str


class Calls:
    """The events of calls for help that wait for Kafka."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep(self, events: Sequence[Kept], at: datetime) -> None:
        """Keep events until they are published."""

        def keep() -> None:
            for one in events:
                statement = "INSERT INTO calls VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
                self._connection.execute(statement, str(one.event_id), one.event, sortable(at))

        await self._connection.transaction(keep)

    async def published(self, event_id: UUID) -> None:
        """Kafka has an event: forget it here."""
        statement = "DELETE FROM calls WHERE event_id = ?"
        await self._connection.run(lambda: self._connection.execute(statement, str(event_id)))

    async def waiting(self, before: datetime) -> list[Kept]:
        """Events that have waited since before a time, the oldest first; at most 1,000."""
        query = f"SELECT event_id, event FROM calls WHERE kept_at < ? ORDER BY rowid LIMIT {_MOST}"  # noqa: S608
        rows = await self._connection.run(lambda: self._connection.rows(query, sortable(before)))
        return [Kept(event_id=name, event=event) for name, event in rows]
