"""Links to the form. Only the hash of a link's token is kept."""

import base64
import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from producers.vault.connection import Connection, VaultError, keyed_hash
from producers.vault.directory import Directory, Person
from schemas.base import FrozenModel, Instant, Pseudonym
from schemas.identity import digest

SCHEMA = """
CREATE TABLE IF NOT EXISTS links(
    token_hash TEXT PRIMARY KEY, participant TEXT NOT NULL, prompt_id TEXT, expires_at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS links_of_prompts ON links(prompt_id);
"""


class NewLink(FrozenModel):
    """A link to create: for one prompt, or a standing one (`prompt_id` None)."""

    participant: Pseudonym
    prompt_id: UUID | None = None
    expires_at: Instant


class Link(FrozenModel):
    """A link that was opened, and whose it is.

    Attributes:
        token_hash: Of the first link to the same form: after a change of the vault's key, a reminder brings
            another link for the same prompt, and the form must remain one.
    """

    token_hash: str
    person: Person
    prompt_id: UUID | None
    expires_at: Instant


class Links:
    """Creates links and resolves their tokens.

    Args:
        connection: The vault's.
        directory: Knows whose a link is.
        token_key: A prompt's token is derived from it.
    """

    def __init__(self, connection: Connection, directory: Directory, token_key: bytes) -> None:
        self._connection = connection
        self._directory = directory
        self._token_key = token_key

    async def create(self, links: Sequence[NewLink]) -> list[str]:
        """Create links; their tokens (128 bits), in order.

        A prompt has one link for ever, so that its reminder opens the same form. Its token is derived from
        the vault's key; that of a standing link is random.

        Raises:
            VaultError: A participant is unknown.
        """
        return await self._connection.transaction(lambda: [self._create(link) for link in links])

    async def find(self, token: str) -> Link | None:
        """The link of a token, also when it has expired."""
        return await self._connection.run(lambda: self._find(digest(token)))

    def _create(self, link: NewLink) -> str:
        if self._directory.look_up(link.participant) is None:
            raise VaultError(f"there is no participant {link.participant}")
        prompt = str(link.prompt_id) if link.prompt_id else None
        token = self._prompt_token(link.participant, prompt) if prompt else secrets.token_urlsafe(16)
        self._connection.execute(
            "INSERT INTO links VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            digest(token),
            link.participant,
            prompt,
            link.expires_at.isoformat(),
        )
        return token

    def _prompt_token(self, participant: str, prompt: str) -> str:
        derived = keyed_hash(self._token_key, f"{participant} {prompt}")
        return base64.urlsafe_b64encode(derived[:16]).decode().rstrip("=")

    def _find(self, token_hash: str) -> Link | None:
        query = "SELECT participant, prompt_id, expires_at FROM links WHERE token_hash = ?"
        row = self._connection.row(query, token_hash)
        person = self._directory.look_up(row[0]) if row else None
        if person is None:
            return None
        first = self._first(token_hash, row)
        return Link(token_hash=first, person=person, prompt_id=row[1], expires_at=row[2])

    def _first(self, token_hash: str, row: Any) -> str:
        participant, prompt, _ = row
        if prompt is None:
            return token_hash
        query = "SELECT token_hash FROM links WHERE prompt_id = ? AND participant = ? ORDER BY rowid LIMIT 1"
        return str(self._connection.row(query, prompt, participant)[0])
