"""The ledger: which events the gateway has seen, and which Kafka has acknowledged. It never forgets."""

from datetime import datetime
from uuid import UUID

from producers.vault.connection import Connection
from schemas.identity import digest

SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger(
    event_id TEXT PRIMARY KEY, received_at TEXT NOT NULL, acknowledged INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS attempts(
    event_id TEXT NOT NULL, version INTEGER NOT NULL, content_hash TEXT NOT NULL,
    PRIMARY KEY (event_id, version), UNIQUE (event_id, content_hash)) STRICT;
"""


class Ledger:
    """Makes a retried event the same event."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def first_seen(self, event_id: UUID, at: datetime) -> tuple[datetime, bool]:
        """When an event was first seen (`at`, if it is new) and whether Kafka has acknowledged it."""
        return await self._connection.run(lambda: self._first_seen(str(event_id), at))

    async def acknowledged(self, event_id: UUID) -> bool:
        """Whether Kafka has acknowledged an event; writes nothing."""
        query = "SELECT acknowledged FROM ledger WHERE event_id = ?"
        row = await self._connection.run(lambda: self._connection.row(query, str(event_id)))
        return bool(row and row[0])

    async def acknowledge(self, event_id: UUID) -> None:
        """Note that Kafka has acknowledged an event."""
        statement = "UPDATE ledger SET acknowledged = 1 WHERE event_id = ?"
        await self._connection.run(lambda: self._connection.execute(statement, str(event_id)))

    async def version(self, event_id: UUID, content: str) -> int:
        """Which version of an event this content is: 1 for the first, one more for each new content.

        A participant whose form could not be saved may change an answer before sending it again, and the
        first content may have reached Kafka all the same.
        """
        return await self._connection.run(lambda: self._version(str(event_id), digest(content)))

    def _first_seen(self, event_id: str, at: datetime) -> tuple[datetime, bool]:
        self._connection.execute(
            "INSERT INTO ledger(event_id, received_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
            event_id,
            at.isoformat(),
        )
        query = "SELECT received_at, acknowledged FROM ledger WHERE event_id = ?"
        received_at, acknowledged = self._connection.row(query, event_id)
        return datetime.fromisoformat(received_at), bool(acknowledged)

    def _version(self, event_id: str, content_hash: str) -> int:
        self._connection.execute(
            "INSERT INTO attempts SELECT ?1, 1 + coalesce(max(version), 0), ?2 FROM attempts "
            "WHERE event_id = ?1 ON CONFLICT DO NOTHING",
            event_id,
            content_hash,
        )
        query = "SELECT version FROM attempts WHERE event_id = ? AND content_hash = ?"
        return int(self._connection.row(query, event_id, content_hash)[0])
