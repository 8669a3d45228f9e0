"""The opened vault: its parts on one connection."""

from collections.abc import Mapping
from pathlib import Path

from producers.vault import calls, directory, dispatches, keys, ledger, links, subkeys
from producers.vault.connection import Connection

_BUSY_SECONDS = 5.0
SCHEMA = "".join(part.SCHEMA for part in (directory, keys, links, ledger, dispatches, calls, subkeys))


class Vault:
    """One encrypted file that holds telephone numbers and participants' keys. Only the gateway opens it.

    Attributes:
        directory: Participants, their numbers, and whether they may be texted.
        keys: What participants' answers and texts are sealed with.
        links: Links to the form.
        ledger: Which events were seen and which Kafka has acknowledged.
        dispatches: Texts claimed for sending.
        calls: Calls for help that Kafka does not have yet.
    """

    def __init__(self, connection: Connection, own: Mapping[str, bytes]) -> None:
        self._connection = connection
        self.keys = keys.Keys(connection)
        self.directory = directory.Directory(connection, self.keys, own[subkeys.NUMBERS])
        self.links = links.Links(connection, self.directory, own[subkeys.LINKS])
        self.ledger = ledger.Ledger(connection)
        self.dispatches = dispatches.Dispatches(connection)
        self.calls = calls.Calls(connection)

    @classmethod
    async def open(cls, path: Path, secret: str, busy_seconds: float = _BUSY_SECONDS) -> "Vault":
        """Open the vault, or create it.

        Args:
            path: The file.
            secret: At least 32 characters; it encrypts the file.
            busy_seconds: How long to wait for another process that has locked the file.

        Raises:
            VaultError: The secret is too short or wrong, or the file is not a vault.
        """
        connection = await Connection.open(path, secret, SCHEMA, busy_seconds)
        return cls(connection, await connection.run(lambda: subkeys.subkeys(connection, secret)))

    async def close(self) -> None:
        """Finish the work in progress and close the file."""
        await self._connection.close()

    async def ready(self) -> bool:
        """Whether the file can be read."""
        return await self._connection.ready()
