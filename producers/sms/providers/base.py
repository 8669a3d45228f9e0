"""What every SMS provider's adapter does: authenticate, parse, acknowledge, send.

An adapter knows one provider's protocol and nothing of participants, Kafka or the vault. It never logs: it
handles telephone numbers and people's texts.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from schemas.events import DeliveryStatus

LONGEST_ID = 64
_MOST_FIELDS = 200
_UUID = TypeAdapter(UUID)


class NotAuthentic(ValueError):
    """A request does not prove that it comes from the provider; the message says why."""


class MalformedRequest(ValueError):
    """A request comes from the provider but lacks something that it should have."""


@dataclass(frozen=True)
class RawRequest:
    """A request as it came.

    Attributes:
        url: The public address that was asked for, with its query.
        headers: By name in small letters.
        query: Fields of the address, in order.
        body: The bytes sent.
        secret: The last part of the path, where the provider cannot sign.
    """

    url: str
    headers: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    body: bytes
    secret: str = ""

    def fields(self, errors: Literal["strict", "replace"] = "strict") -> dict[str, str]:
        """The fields of a posted form.

        Args:
            errors: Whether bytes that are no UTF-8 make it unreadable, or are replaced by a mark.

        Raises:
            MalformedRequest: It is none.
        """
        try:
            body = self.body.decode(errors=errors)
            return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors=errors))
        except ValueError:
            raise MalformedRequest("the body is no form") from None

    def json(self) -> str:
        """The body as JSON, with lone surrogates replaced.

        Raises:
            MalformedRequest: It is none.
        """
        try:
            return replace_lone_surrogates(json.dumps(json.loads(self.body.decode()), ensure_ascii=False))
        except (ValueError, RecursionError):
            raise MalformedRequest("the body is no JSON") from None


def replace_lone_surrogates(text: str) -> str:
    """A text in which a lone surrogate, such as half an emoji at the end of a part, is U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def text_in_query(request: RawRequest) -> UUID | None:
    """The id of the text in the address that a delivery report was sent to; None if there is none."""
    try:
        return _UUID.validate_python(dict(request.query).get("text", ""))
    except ValidationError:
        return None


@dataclass(frozen=True)
class Inbound:
    """A text from a telephone.

    Attributes:
        message_id: The provider's id; the same at every retry.
        number: Who sent it.
        body: What was written; empty for a picture without text.
        simulated_at: The simulator's invented time, as written.
        honoured: The opt-out keyword that the provider recognised and acted on: `STOP`, `START` or `HELP`;
            empty if there is none.
    """

    message_id: str
    number: str
    body: str
    simulated_at: str = ""
    honoured: str = ""


@dataclass(frozen=True)
class DeliveryReport:
    """The provider's report on a text that we sent.

    Attributes:
        text: Our id, if the provider returns it; None if it gives only `message_id`.
        message_id: The provider's id.
        delivery: The state reported.
        code: The provider's error code.
    """

    text: UUID | None
    message_id: str
    delivery: DeliveryStatus
    code: str | None = None


@dataclass(frozen=True)
class Outgoing:
    """A text to hand to the provider.

    Attributes:
        text: Our id.
        number: The recipient.
        body: The text itself.
        valid_seconds: How long it is useful; a provider that supports it drops the text afterwards.
        status_url: Where to send delivery reports; it contains our id.
    """

    text: UUID
    number: str
    body: str
    valid_seconds: int
    status_url: str


@dataclass(frozen=True)
class Sent:
    """The provider's answer.

    Attributes:
        delivery: `ACCEPTED`, `FAILED`, or `UNKNOWN` if no answer came in time.
        message_id: The provider's id of the text.
        code: Its error code.
        opted_out: The recipient has opted out at the provider.
        retry: It was not accepted but may be a little later.
    """

    delivery: DeliveryStatus
    message_id: str = ""
    code: str | None = None
    opted_out: bool = False
    retry: bool = False


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do.

    Attributes:
        signed: It signs its requests.
        delivery_reports: It reports the delivery of a text.
        validity: It drops a text whose validity has passed.
        webhook_secret: The last part of the path that it sends to: the credential of a provider that cannot
            sign. Empty otherwise.
    """

    signed: bool
    delivery_reports: bool
    validity: bool
    webhook_secret: str = field(default="", repr=False)


class Adapter(Protocol):
    """One SMS provider."""

    name: str
    capabilities: Capabilities

    def authenticate(self, request: RawRequest) -> None:
        """Return if the request is the provider's.

        Raises:
            NotAuthentic: It is not, or that cannot be verified.
        """

    def parse(self, request: RawRequest) -> Sequence[Inbound | DeliveryReport]:
        """The texts and delivery reports in a request; none if it is about something else.

        Raises:
            MalformedRequest: The text's id or its sender is missing.
        """

    def acknowledge(self, reply: str = "") -> Response:
        """The answer that confirms storage, with a reply to the sender if the provider carries one."""

    async def send(self, text: Outgoing) -> Sent:
        """Send a text; returns within seconds and does not raise for any answer of the provider."""

    async def close(self) -> None:
        """Close connections."""
