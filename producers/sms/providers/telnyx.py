"""Telnyx: Ed25519-signed webhooks, and messages by its own library."""

import logging
from collections.abc import Sequence

import httpx
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import Response
from telnyx import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncTelnyx,
    InternalServerError,
    RateLimitError,
    Telnyx,
)

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
    text_in_query,
)
from schemas.events import DeliveryStatus
from schemas.settings import Settings

# At DEBUG it logs what it sends, numbers and words with it.
logging.getLogger("telnyx").setLevel(logging.WARNING)

_SECONDS = 10.0
_OPTED_OUT = "40300"
_STATUS = {
    "queued": DeliveryStatus.ACCEPTED,
    "sending": DeliveryStatus.ACCEPTED,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "sending_failed": DeliveryStatus.FAILED,
    "delivery_failed": DeliveryStatus.FAILED,
    "delivery_unconfirmed": DeliveryStatus.SENT,
}


class _Party(BaseModel):
    phone_number: str = ""
    status: str = ""


class _Error(BaseModel):
    code: str = ""


class _Payload(BaseModel):
    id: str = Field(default="", max_length=LONGEST_ID)
    text: str | None = None
    sender: _Party = Field(default=_Party(), alias="from")
    to: list[_Party] = Field(default_factory=list)
    errors: list[_Error] = Field(default_factory=list)


class _Data(BaseModel):
    event_type: str
    payload: _Payload


class _Webhook(BaseModel):
    data: _Data


class TelnyxSms:
    """The adapter.

    Args:
        public_key: The account's public key, base64; checks the webhooks.
        api_key: Empty if nothing is sent.
        sender: The number that texts come from.
        api_url: Where the interface is, if not at Telnyx.
    """

    name = "telnyx"
    capabilities = Capabilities(signed=True, delivery_reports=True, validity=False)

    def __init__(self, public_key: str, api_key: str = "", sender: str = "", api_url: str = "") -> None:
        self._checker = Telnyx(api_key=api_key or "none", public_key=public_key)
        self._sender = sender
        self._key = api_key
        self._api_url = api_url or None
        self._client: AsyncTelnyx | None = None

    def authenticate(self, request: RawRequest) -> None:
        """Check `Telnyx-Signature-Ed25519` over time and body, not older than 300 s."""
        try:
            self._checker.webhooks.unwrap(request.body.decode(), headers=dict(request.headers))
        except (ValueError, OverflowError, RecursionError):
            # A time of a thousand digits overflows. The library's sentence may quote the header.
            raise NotAuthentic("the signature is not Telnyx's, or it is too old") from None

    def parse(self, request: RawRequest) -> Sequence[Inbound | DeliveryReport]:
        """`message.received`, `message.sent` or `message.finalized`; nothing for other events."""
        try:
            data = _Webhook.model_validate_json(request.json()).data
        except ValidationError:
            raise MalformedRequest("the body is not what Telnyx sends") from None
        payload = data.payload
        if data.event_type == "message.received":
            if not payload.id or not payload.sender.phone_number:
                raise MalformedRequest("there is no id or no sender")
            return [Inbound(payload.id, payload.sender.phone_number, payload.text or "")]
        if data.event_type in ("message.sent", "message.finalized") and payload.to:
            delivery = _STATUS.get(payload.to[0].status)
            code = payload.errors[0].code if payload.errors else None
            return [DeliveryReport(text_in_query(request), payload.id, delivery, code)] if delivery else []
        return []

    def acknowledge(self, reply: str = "") -> Response:
        """An empty 200; Telnyx carries no reply."""
        return Response(status_code=200)

    async def send(self, text: Outgoing) -> Sent:
        """Create a message; Telnyx keeps it from being created twice by the text's name."""
        try:
            made = await self._opened().messages.send(
                to=text.number,
                from_=self._sender,
                text=text.body,
                webhook_url=text.status_url,
                idempotency_key=str(text.text),
            )
        except RateLimitError:
            return Sent(DeliveryStatus.FAILED, code="429", retry=True)
        except (InternalServerError, APITimeoutError) as error:
            return Sent(DeliveryStatus.UNKNOWN, code=type(error).__name__)
        except APIStatusError as refusal:
            code = _code(refusal)
            return Sent(DeliveryStatus.FAILED, code=code, opted_out=code == _OPTED_OUT)
        except APIConnectionError as error:
            if isinstance(error.__cause__, httpx.ConnectError):
                return Sent(DeliveryStatus.FAILED, code="unreachable", retry=True)
            return Sent(DeliveryStatus.UNKNOWN, code="connection")
        return Sent(DeliveryStatus.ACCEPTED, (made.data.id if made.data else None) or "")

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            await self._client.close()

    def _opened(self) -> AsyncTelnyx:
        if self._client is None:
            self._client = AsyncTelnyx(
                api_key=self._key, base_url=self._api_url, timeout=_SECONDS, max_retries=0
            )
        return self._client


def from_settings(settings: Settings, public_key: str) -> TelnyxSms:
    """Telnyx, whose webhooks this key checks."""
    key = settings.telnyx_api_key.get_secret_value() if settings.telnyx_api_key else ""
    return TelnyxSms(public_key, key, settings.telnyx_from, settings.telnyx_api_url)


def _code(refusal: APIStatusError) -> str:
    body = refusal.body
    errors = body.get("errors") if isinstance(body, dict) else body
    first = errors[0] if isinstance(errors, list) and errors else {}
    return str(first.get("code") or refusal.status_code)[:48]
