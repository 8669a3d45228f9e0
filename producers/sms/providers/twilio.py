"""Twilio: signed webhooks, TwiML, and messages by its own library."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from starlette.responses import Response
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.messaging_response import MessagingResponse

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

# Its own log has numbers and texts in it.
_silent = logging.getLogger("wellstream.twilio-library")
_silent.disabled = True

_SECONDS = 10.0
_OPTED_OUT = 21610
_TOO_MANY = 429
_LONGEST_VALIDITY = 36_000
_STATUS = {
    "accepted": DeliveryStatus.ACCEPTED,
    "queued": DeliveryStatus.ACCEPTED,
    "sending": DeliveryStatus.ACCEPTED,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.DELIVERED,
    "undelivered": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}


class Twilio:
    """The adapter.

    Args:
        auth_token: Signs the webhooks, and is the password of the interface.
        account_sid: The account; empty if nothing is sent.
        sender: The number or messaging service that texts come from.
        api_url: Where the interface is, if not at Twilio.
    """

    name = "twilio"
    capabilities = Capabilities(signed=True, delivery_reports=True, validity=True)

    def __init__(self, auth_token: str, account_sid: str = "", sender: str = "", api_url: str = "") -> None:
        self._validator = RequestValidator(auth_token)
        self._login = (account_sid, auth_token)
        self._sender = sender
        self._api_url = api_url
        self._client: Client | None = None

    def authenticate(self, request: RawRequest) -> None:
        """Check `X-Twilio-Signature`, over the public address and the fields."""
        signature = request.headers.get("x-twilio-signature", "")
        if not signature:
            raise NotAuthentic("there is no X-Twilio-Signature")
        if not self._validator.validate(request.url, request.fields(), signature):
            raise NotAuthentic("the signature is not Twilio's")

    def parse(self, request: RawRequest) -> Sequence[Inbound | DeliveryReport]:
        """A text, or a delivery report if there is a `MessageStatus`."""
        fields = request.fields()
        sid = fields.get("MessageSid") or fields.get("SmsSid", "")
        if not sid or len(sid) > LONGEST_ID:
            raise MalformedRequest("there is no MessageSid")
        status = fields.get("MessageStatus")
        if status is not None:
            delivery = _STATUS.get(status)
            named = text_in_query(request)
            return [DeliveryReport(named, sid, delivery, fields.get("ErrorCode") or None)] if delivery else []
        if not fields.get("From"):
            raise MalformedRequest("there is no From")
        return [
            Inbound(
                message_id=sid,
                number=fields["From"],
                body=fields.get("Body", ""),
                simulated_at=fields.get("SimulatedAt", ""),
                honoured=fields.get("OptOutType", ""),
            )
        ]

    def acknowledge(self, reply: str = "") -> Response:
        """TwiML that says `reply`, or nothing."""
        answer = MessagingResponse()
        if reply:
            answer.message(reply)
        return Response(str(answer), media_type="application/xml")

    async def send(self, text: Outgoing) -> Sent:
        """Create a message; 21610 means that the recipient has opted out at Twilio."""
        try:
            made = await self._opened().messages.create_async(
                to=text.number,
                from_=self._sender,
                body=text.body,
                status_callback=text.status_url,
                validity_period=min(max(text.valid_seconds, 1), _LONGEST_VALIDITY),
            )
        except (TwilioRestException, TwilioServiceException) as refusal:
            if refusal.status >= 500:
                return Sent(DeliveryStatus.UNKNOWN, code=str(refusal.status))
            return Sent(
                DeliveryStatus.FAILED,
                code=str(refusal.code or refusal.status),
                opted_out=refusal.code == _OPTED_OUT,
                retry=refusal.status == _TOO_MANY,
            )
        except aiohttp.ClientConnectorError:
            return Sent(DeliveryStatus.FAILED, code="unreachable", retry=True)
        except (aiohttp.ClientError, TimeoutError) as error:
            return Sent(DeliveryStatus.UNKNOWN, code=type(error).__name__[:48])
        return Sent(DeliveryStatus.ACCEPTED, str(made.sid or ""))

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            await self._client.http_client.close()

    def _opened(self) -> Client:
        if self._client is None:
            self._client = Client(*self._login, http_client=_Http(self._api_url))
        return self._client


def from_settings(settings: Settings) -> Twilio | None:
    """Twilio, if its token is set."""
    if not settings.twilio_auth_token:
        return None
    return Twilio(
        settings.secret("twilio_auth_token"),
        settings.twilio_account_sid,
        settings.twilio_from,
        settings.twilio_api_url,
    )


class _Http(AsyncTwilioHttpClient):  # type: ignore[misc]
    """The library's client, with a limit in time, and at another address where one is given."""

    def __init__(self, api_url: str) -> None:
        super().__init__(logger=_silent)
        self._place = urlsplit(api_url)

    async def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if self._place.netloc:
            url = urlunsplit((self._place.scheme, self._place.netloc, *urlsplit(url)[2:]))
        async with asyncio.timeout(_SECONDS):
            return await super().request(method, url, *args, **kwargs)
