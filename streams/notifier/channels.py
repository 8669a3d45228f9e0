"""The ways to tell staff: e-mail over SMTP, and a signed webhook (standardwebhooks.com)."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Protocol

import aiosmtplib
import httpx

from schemas.clock import Clock
from schemas.settings import MissingSetting, Settings
from streams.notifier.message import Call, email, message_id, webhook_body

_SECONDS = 30.0


class NotTold(RuntimeError):
    """Staff were not told, or nobody confirmed that they were."""


class Channel(Protocol):
    """A way to tell staff.

    Attributes:
        name: Unique among the channels; what was told is remembered under it.
    """

    name: str

    async def tell(self, calls: Sequence[Call]) -> None:
        """Tell of some calls.

        Raises:
            NotTold: It failed and may be tried again.
        """


def channels(settings: Settings, clock: Clock) -> list[Channel]:
    """The channels that are set up.

    Raises:
        MissingSetting: One is set up in part, or would send a password in the clear.
    """
    found: list[Channel] = []
    if settings.staff_emails:
        found.append(Email(settings))
    if settings.staff_webhook_url:
        found.append(Webhook(settings, clock))
    return found


class Email:
    """E-mail to all recipients at once."""

    name = "email"

    def __init__(self, settings: Settings) -> None:
        recipients = [address.strip() for address in settings.staff_emails.split(",") if address.strip()]
        wrong = [address for address in recipients if "@" not in parseaddr(address)[1]]
        if wrong or not recipients:
            raise MissingSetting(
                f"WELLSTREAM_STAFF_EMAILS has {wrong[0] if wrong else 'nothing'!r}, which is no e-mail "
                "address; separate addresses with commas"
            )
        if not settings.smtp_host:
            raise MissingSetting(
                "WELLSTREAM_STAFF_EMAILS is set, but not WELLSTREAM_SMTP_HOST, which sends them"
            )
        if settings.smtp_tls == "none" and settings.smtp_password:
            raise MissingSetting(
                "WELLSTREAM_SMTP_PASSWORD would be sent in the clear: set WELLSTREAM_SMTP_TLS to tls"
            )
        self._settings = settings
        self._recipients = recipients
        self._sender = settings.smtp_from or (
            settings.smtp_user if "@" in settings.smtp_user else recipients[0]
        )

    async def tell(self, calls: Sequence[Call]) -> None:
        """Send one e-mail.

        Raises:
            NotTold: The server did not take it.
        """
        settings = self._settings
        message = email(calls, self._sender, self._recipients, settings.dashboard_url)
        password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
        try:
            await aiosmtplib.send(
                message,
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_user or None,
                password=password,
                use_tls=settings.smtp_tls == "tls",
                start_tls=settings.smtp_tls == "starttls",
                timeout=_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # Its text may quote addresses or a server's banner.
            raise NotTold(f"the mail server did not take the e-mail: {type(error).__name__}") from None


class Webhook:
    """A POST of JSON, signed so that whoever receives it knows that it is ours."""

    name = "webhook"

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._url = settings.staff_webhook_url
        self._key = settings.secret("staff_webhook_secret").encode()
        self._dashboard = settings.dashboard_url
        self._clock = clock

    async def tell(self, calls: Sequence[Call]) -> None:
        """Send one request.

        Raises:
            NotTold: The answer was not 2xx, or there was none.
        """
        body, name, at = (
            webhook_body(calls, self._dashboard),
            message_id(calls),
            int(self._clock().timestamp()),
        )
        signed = hmac.new(self._key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
        headers = {
            "Content-Type": "application/json", "webhook-id": name, "webhook-timestamp": str(at),
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }  # fmt: skip
        try:
            async with (
                httpx.AsyncClient(timeout=_SECONDS) as client,
                client.stream("POST", self._url, content=body, headers=headers) as answer,
            ):
                status = answer.status_code  # its body may be of any size, and is not read
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NotTold(f"the webhook does not answer: {type(error).__name__}") from None
        if not httpx.codes.is_success(status):
            raise NotTold(f"the webhook answered {status}")
