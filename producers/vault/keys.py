"""Participants' keys: what their answers and texts are sealed with. Destroying one makes them unreadable."""

from producers.vault.connection import Connection
from schemas.sealing import new_key

SCHEMA = """
CREATE TABLE IF NOT EXISTS data_keys(participant TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;
"""


class Keys:
    """One 32-byte key for each participant."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, participant: str) -> bytes | None:
        """A participant's key; None if the participant is unknown or the key was destroyed."""
        row = await self._connection.run(
            lambda: self._connection.row("SELECT key FROM data_keys WHERE participant = ?", participant)
        )
        return bytes(row[0]) if row else None

    def create(self, participant: str) -> None:
        """Create a participant's key; part of the transaction that enrols them."""
        self._connection.execute("INSERT INTO data_keys VALUES (?, ?)", participant, new_key())
