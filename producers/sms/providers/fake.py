"""A telephone that needs no provider: for `wellstream phone`, for trying a study out, and for tests."""

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
    Inbound,
    NotAuthentic,
    Outgoing,
    RawRequest,
    Receipt,
    Sent,
    Unreadable,
)
from schemas.events import Delivery

_TEXTS_KEPT = 100
_NUMBERS_KEPT = 1000


class _Said(BaseModel):
    id: str = Field(min_length=1, max_length=LONGEST_ID)
    sender: str = Field(min_length=1, alias="from")
    text: str


def sign(key: str, body: bytes) -> str:
    """The signature of a request: HMAC-SHA256 of its body, in hexadecimal."""
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


class Simulator:
    """The adapter. What is sent waits in memory, for the telephone to fetch.

    Args:
        key: Signs what the telephone sends.
    """

    name = "simulator"
    capabilities = Capabilities(signed=True, receipts=False, validity=True)

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

    def parse(self, request: RawRequest) -> Sequence[Inbound | Receipt]:
        """A text: `{"id": ..., "from": ..., "text": ...}`."""
        try:
            said = _Said.model_validate_json(request.json())
        except ValidationError:
            raise Unreadable("the body has no id, from and text") from None
        return [Inbound(said.id, said.sender, said.text)]

    def acknowledge(self, reply: str = "") -> Response:
        """The reply as it is."""
        return PlainTextResponse(reply)

    async def send(self, text: Outgoing) -> Sent:
        """Keep a text until the telephone fetches it; the oldest go first."""
        async with self._news:
            self._count += 1
            if text.number not in self._texts and len(self._texts) >= _NUMBERS_KEPT:
                self._texts.pop(next(iter(self._texts)))
            self._texts[text.number].append((self._count, text.words))
            self._news.notify_all()
        return Sent(Delivery.ACCEPTED, str(self._count))

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
