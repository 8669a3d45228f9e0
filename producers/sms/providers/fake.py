"""The provider `simulator`: needs no account; for `wellstream phone`, the demo and tests."""

import asyncio
import hashlib
import hmac
from collections import defaultdict, deque
from collections.abc import Sequence

from pydantic import BaseModel, Field, ValidationError
from starlette.responses import PlainTextResponse, Response

from producers.sms.providers.base import (
    LONGEST_ID,
    Capabilities,
    DeliveryReport,
    Inbound,
    MalformedRequest,
    NotAuthentic,
    Outgoing,
    RawRequest,
    Sent,
)
from schemas.events import DeliveryStatus
from schemas.settings import Settings

NAME = "simulator"
_TEXTS_KEPT = 100
_NUMBERS_KEPT = 1000


class _Text(BaseModel):
    id: str = Field(min_length=1, max_length=LONGEST_ID)
    sender: str = Field(min_length=1, alias="from")
    text: str


def sign(key: str, body: bytes) -> str:
    """The signature of a request: HMAC-SHA256 of its body, in hexadecimal."""
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


class FakeProvider:
    """The adapter. Texts wait in memory until the simulated telephone fetches them.

    Args:
        key: Signs what the telephone sends.
    """

    name = NAME
    capabilities = Capabilities(signed=True, delivery_reports=False, validity=True)

    def __init__(self, key: str) -> None:
        self._key = key
        self._texts: dict[str, deque[tuple[int, str]]] = defaultdict(lambda: deque(maxlen=_TEXTS_KEPT))
        self._count = 0
        self._news = asyncio.Condition()

    def authenticate(self, request: RawRequest) -> None:
        """Check `X-Wellstream-Signature`."""
        given = request.headers.get("x-wellstream-signature", "")
        if not hmac.compare_digest(given.encode(), sign(self._key, request.body).encode()):
            raise NotAuthentic("the signature is not the simulator's")

    def parse(self, request: RawRequest) -> Sequence[Inbound | DeliveryReport]:
        """A text: `{"id": ..., "from": ..., "text": ...}`."""
        try:
            text = _Text.model_validate_json(request.json())
        except ValidationError:
            raise MalformedRequest("the body has no id, from and text") from None
        return [Inbound(text.id, text.sender, text.text)]

    def acknowledge(self, reply: str = "") -> Response:
        """The reply as it is."""
        return PlainTextResponse(reply)

    async def send(self, text: Outgoing) -> Sent:
        """Keep a text until the telephone fetches it; the oldest go first."""
        async with self._news:
            self._count += 1
            if text.number not in self._texts and len(self._texts) >= _NUMBERS_KEPT:
                self._texts.pop(next(iter(self._texts)))
            self._texts[text.number].append((self._count, text.body))
            self._news.notify_all()
        return Sent(DeliveryStatus.ACCEPTED, str(self._count))

    async def fetch(self, number: str, after: int, seconds: float) -> list[tuple[int, str]]:
        """The texts to a number with a count above `after`; waits up to `seconds` for the first one."""

        def news() -> list[tuple[int, str]]:
            return [one for one in self._texts.get(number, ()) if one[0] > after]

        async with self._news:
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait_for(news)
            except TimeoutError:
                pass
            return news()

    async def close(self) -> None:
        """Nothing to close."""


def from_settings(settings: Settings) -> FakeProvider | None:
    """The simulator, in a simulation."""
    return FakeProvider(settings.secret("admin_token")) if settings.simulation else None
