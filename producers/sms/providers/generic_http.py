"""Gateways that speak plain HTTP: Kannel, Jasmin, Africa's Talking, and others of their kind.

They do not sign, so the credential of what they send us is an unguessable last part of the webhook's path,
and, where the gateway can, an HMAC-SHA256 of the body.
"""

import hashlib
import hmac
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
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
    text_in_query,
)
from producers.sms.segments import count_segments
from schemas.events import DeliveryStatus
from schemas.settings import MissingSetting, Settings

# At INFO it logs addresses, and Kannel's and Jasmin's contain the number and the text.
logging.getLogger("httpx").setLevel(logging.WARNING)

_SECONDS = 10.0
_TOO_MANY = 429
_SHORTEST_SECRET = 16


@dataclass(frozen=True)
class Account:
    """How to reach a gateway.

    Attributes:
        send_url: Where texts are handed over; empty if none are sent.
        user, password: As the gateway knows us; for Africa's Talking the user's name and the key.
        sender: The number or short code that texts come from.
        secret: The last part of the webhook's path, at least 16 characters.
        hmac_key: If set, `X-Signature` must be the HMAC-SHA256 of the body (or of the query), in hexadecimal.
    """

    send_url: str
    user: str
    password: str
    sender: str
    secret: str
    hmac_key: str = ""


Fields = Mapping[str, str]


@dataclass(frozen=True)
class Preset:
    """One gateway's protocol.

    Attributes:
        number, body, message_id: Names of the fields of an incoming text.
        answer: What confirms that a text or a delivery report is stored.
        report_field: The field that only a delivery report has.
        status: Values of that field.
        read_body: Decodes a text that is not simply in its field; None if it is.
        request: The request that sends a text.
        message_id_of: Finds the gateway's id of the text in its answer; None if it was not accepted.
    """

    number: str
    body: str
    message_id: str
    answer: str
    report_field: str
    status: Mapping[str, DeliveryStatus]
    request: Callable[[Account, Outgoing], httpx.Request]
    message_id_of: Callable[[httpx.Response], str | None]
    read_body: Callable[[Fields], str | None] = field(default=lambda _: None)


class HttpGateway:
    """The adapter.

    Args:
        name: The preset's name: `kannel`, `jasmin` or `africastalking`.
        account: How to reach it.
    """

    def __init__(self, name: str, account: Account) -> None:
        self.name = name
        self.capabilities = Capabilities(
            signed=bool(account.hmac_key),
            delivery_reports=True,
            validity=name != _AT,
            webhook_secret=account.secret,
        )
        self._preset = PRESETS[name]
        self._account = account
        self._client = httpx.AsyncClient(timeout=_SECONDS)

    def authenticate(self, request: RawRequest) -> None:
        """Compare the path's secret, and check the HMAC where a key is set; each in constant time."""
        if not self._account.secret or not hmac.compare_digest(
            request.secret.encode(), self._account.secret.encode()
        ):
            raise NotAuthentic("the path does not end in the secret")
        if not self._account.hmac_key:
            return
        signed = request.body or urlsplit(request.url).query.encode()
        expected = hmac.new(self._account.hmac_key.encode(), signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(request.headers.get("x-signature", "").encode(), expected.encode()):
            raise NotAuthentic("X-Signature is not the HMAC of what was sent")

    def parse(self, request: RawRequest) -> Sequence[Inbound | DeliveryReport]:
        """A text, or a delivery report if it has that field."""
        preset = self._preset
        # A text in an encoding that nobody named is asked for again rather than refused.
        fields = {**dict(request.query), **(request.fields("replace") if request.body else {})}
        name = fields.get(preset.message_id, "")
        status = fields.get(preset.report_field)
        if status is not None:
            delivery = preset.status.get(status)
            code = None if delivery != DeliveryStatus.FAILED else status[:48]
            return (
                [DeliveryReport(text_in_query(request), name[:LONGEST_ID], delivery, code)]
                if delivery
                else []
            )
        number = fields.get(preset.number, "")
        if not name or len(name) > LONGEST_ID or not number:
            raise MalformedRequest(f"there is no {preset.message_id} or no {preset.number}")
        body = preset.read_body(fields)
        body = fields.get(preset.body, "") if body is None else body
        return [Inbound(name, _international(number), body)]

    def acknowledge(self, reply: str = "") -> Response:
        """The text that stops the gateway from sending again. For Kannel that is also the reply."""
        return PlainTextResponse(reply if reply and self.name == _KANNEL else self._preset.answer)

    async def send(self, text: Outgoing) -> Sent:
        """Hand a text over."""
        try:
            answer = await self._client.send(self._preset.request(self._account, text))
        except httpx.ConnectError:
            return Sent(DeliveryStatus.FAILED, code="unreachable", retry=True)
        except httpx.HTTPError as error:
            return Sent(DeliveryStatus.UNKNOWN, code=type(error).__name__[:48])
        if answer.status_code == _TOO_MANY:
            return Sent(DeliveryStatus.FAILED, code="429", retry=True)
        if answer.is_server_error:
            return Sent(DeliveryStatus.UNKNOWN, code=str(answer.status_code))
        name = None if answer.is_error else self._preset.message_id_of(answer)
        if name is None:
            return Sent(DeliveryStatus.FAILED, code=str(answer.status_code))
        return Sent(DeliveryStatus.ACCEPTED, name[:LONGEST_ID])

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()


def _international(number: str) -> str:
    """A number with its plus sign: one that was not escaped arrives as a blank, others send 00 or nothing."""
    digits = number.strip().lstrip("+").removeprefix("00")
    return f"+{digits}" if digits[:1] in "123456789" and digits else number


def _minutes(text: Outgoing) -> str:
    return str(max(1, math.ceil(text.valid_seconds / 60)))


def _kannel(account: Account, text: Outgoing) -> httpx.Request:
    fields = {
        "username": account.user, "password": account.password, "from": account.sender, "to": text.number,
        "text": text.body, "charset": "UTF-8", "validity": _minutes(text),
        "coding": "2" if count_segments(text.body).encoding == "UCS-2" else "0",
        # 1 delivered, 2 failed, 8 handed to the network, 16 refused by it; %d is which.
        "dlr-mask": "27", "dlr-url": text.status_url + "&dlr=%d",
    }  # fmt: skip
    return httpx.Request("GET", account.send_url, params=fields)


def _kannel_took(answer: httpx.Response) -> str | None:
    return "" if answer.status_code == httpx.codes.ACCEPTED else None


def _jasmin(account: Account, text: Outgoing) -> httpx.Request:
    fields = {
        "username": account.user, "password": account.password, "from": account.sender, "to": text.number,
        "dlr": "yes", "dlr-url": text.status_url, "dlr-level": "3", "dlr-method": "POST",
        "validity-period": _minutes(text),
    }  # fmt: skip
    if count_segments(text.body).encoding == "UCS-2":
        fields |= {"coding": "8", "hex-content": text.body.encode("utf-16-be").hex()}
    else:
        fields |= {"coding": "0", "content": text.body}
    return httpx.Request("POST", account.send_url, data=fields)


def _jasmin_took(answer: httpx.Response) -> str | None:
    said, _, name = answer.text.strip().partition(" ")
    return name.strip('"') if said == "Success" else None


_JASMIN_CODINGS = {"3": "latin-1", "8": "utf-16-be"}


def _jasmin_body(fields: Fields) -> str | None:
    """UCS-2 and Latin-1 are in `binary`, in hexadecimal; `content` has their bytes, which are no UTF-8."""
    coding = _JASMIN_CODINGS.get(fields.get("coding", ""))
    try:
        return bytes.fromhex(fields["binary"]).decode(coding, "replace") if coding else None
    except (KeyError, ValueError):
        return None


def _africas_talking(account: Account, text: Outgoing) -> httpx.Request:
    fields = {"username": account.user, "to": text.number, "message": text.body, "from": account.sender}
    headers = {"apiKey": account.password, "Accept": "application/json"}
    return httpx.Request("POST", account.send_url, data=fields, headers=headers)


def _africas_talking_took(answer: httpx.Response) -> str | None:
    try:
        first = answer.json()["SMSMessageData"]["Recipients"][0]
        return str(first["messageId"]) if first["statusCode"] in (100, 101, 102) else None
    except (ValueError, LookupError, TypeError):
        return None


_KANNEL, _JASMIN, _AT = "kannel", "jasmin", "africastalking"

PRESETS: dict[str, Preset] = {
    _KANNEL: Preset(
        number="sender", body="text", message_id="id", answer="", report_field="dlr",
        status={
            "1": DeliveryStatus.DELIVERED,
            "2": DeliveryStatus.FAILED,
            "8": DeliveryStatus.SENT,
            "16": DeliveryStatus.FAILED,
        },
        request=_kannel, message_id_of=_kannel_took,
    ),
    _JASMIN: Preset(
        number="from", body="content", message_id="id", answer="ACK/Jasmin", report_field="message_status",
        status={
            "DELIVRD": DeliveryStatus.DELIVERED,
            "ACCEPTD": DeliveryStatus.SENT,
            "ESME_ROK": DeliveryStatus.SENT,
            "UNDELIV": DeliveryStatus.FAILED,
            "REJECTD": DeliveryStatus.FAILED,
            "EXPIRED": DeliveryStatus.FAILED,
            "DELETED": DeliveryStatus.FAILED,
        },
        request=_jasmin, message_id_of=_jasmin_took, read_body=_jasmin_body,
    ),
    _AT: Preset(
        number="from", body="text", message_id="id", answer="OK", report_field="status",
        status={
            "Success": DeliveryStatus.DELIVERED,
            "Sent": DeliveryStatus.SENT,
            "Submitted": DeliveryStatus.SENT,
            "Buffered": DeliveryStatus.SENT,
            "Rejected": DeliveryStatus.FAILED,
            "Failed": DeliveryStatus.FAILED,
        },
        request=_africas_talking, message_id_of=_africas_talking_took,
    ),
}  # fmt: skip
"""Gateways that are known by name."""


def from_settings(settings: Settings) -> HttpGateway | None:
    """The gateway of the chosen preset, if its secret is set.

    Raises:
        MissingSetting: The preset is unknown, or the secret is too short.
    """
    if not settings.http_sms_secret:
        return None
    if settings.http_sms_preset not in PRESETS:
        raise MissingSetting(f"set WELLSTREAM_HTTP_SMS_PRESET to one of {', '.join(PRESETS)}")
    secret = settings.secret("http_sms_secret")
    if len(secret) < _SHORTEST_SECRET:
        raise MissingSetting(
            f"WELLSTREAM_HTTP_SMS_SECRET is too short: set at least {_SHORTEST_SECRET} characters"
        )
    password, hmac_key = settings.http_sms_password, settings.http_sms_hmac_key
    account = Account(
        send_url=settings.http_sms_url,
        user=settings.http_sms_user,
        password=password.get_secret_value() if password else "",
        sender=settings.http_sms_from,
        secret=secret,
        hmac_key=hmac_key.get_secret_value() if hmac_key else "",
    )
    return HttpGateway(settings.http_sms_preset, account)
