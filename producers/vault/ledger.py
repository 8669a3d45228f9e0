"""The ledger: which events the gateway has seen, and what Kafka has acknowledged. It never forgets."""

from datetime import datetime
from uuid import UUID

from producers.vault.connection import Connection, named
from schemas.identity import digest
from schemas.receipts import Receipt

PAGE = 1000
"""How many receipts are read at a time."""

_COLUMNS = tuple(Receipt.model_fields)

SCHEMA = """
CREATE TABLE IF NOT EXISTS ledger(
    event_id TEXT PRIMARY KEY, received_at TEXT NOT NULL, acknowledged INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS attempts(
    event_id TEXT NOT NULL, version INTEGER NOT NULL, content_hash TEXT NOT NULL,
    PRIMARY KEY (event_id, version), UNIQUE (event_id, content_hash)) STRICT;
CREATE TABLE IF NOT EXISTS receipts(
    topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, event_id TEXT NOT NULL,
    digest TEXT NOT NULL, PRIMARY KEY (topic, partition, offset, event_id)) STRICT, WITHOUT ROWID;
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

    async def acknowledge(self, event_id: UUID, receipt: Receipt | None = None) -> None:
        """Note that Kafka has acknowledged an event.

        Args:
            event_id: What is not to be published again.
            receipt: Where Kafka has it; None for a name that is not an event of its own.
        """
        await self._connection.transaction(lambda: self._acknowledge(str(event_id), receipt))

    async def receipts(self, after: Receipt) -> list[Receipt]:
        """The next receipts of one partition, at most `PAGE`, by offset.

        Args:
            after: The last one of the page before; for the first page, any receipt whose offset is -2.
        """
        query = (
            f"SELECT {', '.join(_COLUMNS)} FROM receipts WHERE topic = ? AND partition = ? "  # noqa: S608
            f"AND (offset, event_id) > (?, ?) ORDER BY offset, event_id LIMIT {PAGE}"
        )
        values = (after.topic, after.partition, after.offset, str(after.event_id))
        rows = await self._connection.run(lambda: self._connection.rows(query, *values))
        return [Receipt.model_validate(named(_COLUMNS, row)) for row in rows]

    async def version(self, event_id: UUID, content: str) -> int:
        """Which version of an event this content is: 1 for the first, one more for each new content.

        A participant whose form could not be saved may change an answer before sending it again, and the
        first content may have reached Kafka all the same.
        """
        return await self._connection.run(lambda: self._version(str(event_id), digest(content)))

    def _acknowledge(self, event_id: str, receipt: Receipt | None) -> None:
        self._connection.execute("UPDATE ledger SET acknowledged = 1 WHERE event_id = ?", event_id)
        if receipt is not None:
            fields = receipt.model_dump(mode="json")
            self._connection.execute(
                "INSERT INTO receipts(event_id, topic, partition, offset, digest) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                *(fields[name] for name in _COLUMNS),
            )

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
