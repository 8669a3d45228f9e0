"""Texts claimed for sending. A claim is written before the text goes out, so that none is sent twice."""

from datetime import datetime
from uuid import UUID

from producers.vault.connection import Connection, named, sortable
from schemas.base import FrozenModel, Instant, Pseudonym
from schemas.events import DeliveryStatus

SCHEMA = """
CREATE TABLE IF NOT EXISTS dispatches(
    text TEXT PRIMARY KEY, participant TEXT NOT NULL, request TEXT NOT NULL, provider TEXT NOT NULL,
    provider_id TEXT NOT NULL, claimed_at TEXT NOT NULL, segments INTEGER NOT NULL, delivery TEXT NOT NULL,
    code TEXT) STRICT;
CREATE INDEX IF NOT EXISTS dispatches_by_name ON dispatches(provider, provider_id);
CREATE INDEX IF NOT EXISTS dispatches_by_day ON dispatches(participant, claimed_at);
"""


class Dispatch(FrozenModel):
    """A text that was claimed for sending, and its delivery so far.

    Attributes:
        text: `event_id` of the request.
        participant: The recipient.
        request: The request's event, as JSON.
        provider: The SMS provider that carries it.
        provider_id: The provider's id of it; empty until the provider has answered.
        claimed_at: When it was claimed.
        segments: How many SMS segments it takes.
        delivery: The newest state; `CLAIMED` until the provider has answered.
        code: The provider's error code.
    """

    text: UUID
    participant: Pseudonym
    request: str
    provider: str
    provider_id: str = ""
    claimed_at: Instant
    segments: int
    delivery: DeliveryStatus = DeliveryStatus.CLAIMED
    code: str | None = None


_COLUMNS = tuple(Dispatch.model_fields)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM dispatches WHERE "  # noqa: S608 - our own column names


class Dispatches:
    """The claims, and what a day's texts cost."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def claim(self, dispatch: Dispatch) -> Dispatch | None:
        """Claim a text for sending; None if it is claimed now, else the earlier claim."""
        return await self._connection.run(lambda: self._claim(dispatch))

    async def settle(self, dispatch: Dispatch) -> None:
        """Record the provider's answer for a claimed text."""
        statement = "UPDATE dispatches SET provider_id = ?, delivery = ?, code = ? WHERE text = ?"
        values = (dispatch.provider_id, dispatch.delivery.value, dispatch.code, str(dispatch.text))
        await self._connection.run(lambda: self._connection.execute(statement, *values))

    async def find(self, text: UUID | None, provider: str, provider_id: str) -> Dispatch | None:
        """A claimed text by our id, or else by the provider's."""
        if text is not None:
            return await self._connection.run(lambda: self._select("text = ?", str(text)))
        if not provider_id:
            return None
        where = "provider = ? AND provider_id = ?"
        return await self._connection.run(lambda: self._select(where, provider, provider_id))

    async def segments_since(self, participant: str, since: datetime) -> int:
        """How many segments were claimed for a participant since then; failed ones cost nothing."""
        query = (
            "SELECT coalesce(sum(segments), 0) FROM dispatches "
            "WHERE participant = ? AND claimed_at >= ? AND delivery <> 'failed'"
        )
        row = await self._connection.run(lambda: self._connection.row(query, participant, sortable(since)))
        return int(row[0])

    def _claim(self, new: Dispatch) -> Dispatch | None:
        values = (
            str(new.text), new.participant, new.request, new.provider, new.provider_id,
            sortable(new.claimed_at), new.segments, new.delivery.value, new.code,
        )  # fmt: skip
        added = self._connection.execute(
            "INSERT INTO dispatches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", *values
        )
        return None if added == 1 else self._select("text = ?", str(new.text))

    def _select(self, where: str, *values: str) -> Dispatch | None:
        row = self._connection.row(_SELECT + where, *values)
        return Dispatch.model_validate(named(_COLUMNS, row)) if row else None
