"""The keys that hash numbers and make links: kept in the vault, so that the vault's own key can change."""

import secrets

from producers.vault.connection import Connection, derive_key

SCHEMA = """
CREATE TABLE IF NOT EXISTS subkeys(purpose TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;
"""

NUMBERS = "telephone numbers"
LINKS = "links of prompts"
_PURPOSES = (NUMBERS, LINKS)


def subkeys(connection: Connection, secret: str) -> dict[str, bytes]:
    """The 32-byte key for each purpose; those that the file lacks are derived from the vault's secret."""
    for purpose in _PURPOSES:
        statement = "INSERT INTO subkeys VALUES (?, ?) ON CONFLICT DO NOTHING"
        connection.execute(statement, purpose, derive_key(secret, purpose))
    return {
        purpose: bytes(key) for purpose, key in connection.rows("SELECT purpose, key FROM subkeys LIMIT 2")
    }


def renew(connection: Connection) -> dict[str, bytes]:
    """Put random keys in the place of all; part of a transaction that mends what the old ones made."""
    fresh = {purpose: secrets.token_bytes(32) for purpose in _PURPOSES}
    for purpose, key in fresh.items():
        connection.execute("UPDATE subkeys SET key = ? WHERE purpose = ?", key, purpose)
    return fresh
