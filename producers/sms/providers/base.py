"""What every SMS provider's adapter does: authenticate, parse, acknowledge, send.

An adapter knows one provider's words and nothing of participants, Kafka or the vault. It never logs: what it
handles are telephone numbers and people's texts.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from schemas.events import Delivery

LONGEST_ID = 64
_MOST_FIELDS = 200
_UUID = TypeAdapter(UUID)


class NotAuthentic(ValueError):
    """A request does not come from the provider; the sentence says what is missing or wrong."""


class Unreadable(ValueError):
    """A request is the provider's, and not what it says it sends."""


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
            Unreadable: It is none.
        """
        try:
            body = self.body.decode(errors=errors)
            return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors=errors))
        except ValueError:
            raise Unreadable("the body is no form") from None

    def json(self) -> str:
        """The body as JSON in which every character is a whole one: half an emoji becomes a mark.

        Raises:
            Unreadable: It is none.
        """
        try:
            return whole(json.dumps(json.loads(self.body.decode()), ensure_ascii=False))
        except (ValueError, RecursionError):
            raise Unreadable("the body is no JSON") from None


def whole(text: str) -> str:
    """A text in which surrogates that lost their other half, at the end of a part, say, are marks."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def named_text(request: RawRequest) -> UUID | None:
    """Our name of the text that a receipt is about, which its address carries; None if there is none."""
    try:
        return _UUID.validate_python(dict(request.query).get("text", ""))
    except ValidationError:
        return None


@dataclass(frozen=True)
class Inbound:
    """A text from a telephone.

    Attributes:
        message_id: The provider's name of it; the same at every retry.
        number: Who sent it.
        words: What was written; empty where only a picture came.
        simulated_at: The time that the simulator invents, as it wrote it.
        heeded: What the provider itself has taken the text for and acted upon: `STOP`, `START` or `HELP`;
            empty where it has not.
    """

    message_id: str
    number: str
    words: str
    simulated_at: str = ""
    heeded: str = ""


@dataclass(frozen=True)
class Receipt:
    """What became of a text that we sent.

    Attributes:
        text: Our name of it, where the provider gives it back; None where it gives only `message_id`.
        message_id: The provider's name of it.
        delivery: What is known now.
        code: The provider's code of an error.
    """

    text: UUID | None
    message_id: str
    delivery: Delivery
    code: str | None = None


@dataclass(frozen=True)
class Outgoing:
    """A text to hand to the provider.

    Attributes:
        text: Our name of it.
        number: Whom to.
        words: What to say.
        valid_seconds: How long it is of use; a provider that can drops it afterwards.
        status_url: Where receipts are to be sent; it names the text.
    """

    text: UUID
    number: str
    words: str
    valid_seconds: int
    status_url: str


@dataclass(frozen=True)
class Sent:
    """What the provider said.

    Attributes:
        delivery: `ACCEPTED`, `FAILED`, or `UNKNOWN` where there was no answer in time.
        message_id: The provider's name of the text.
        code: Its code of an error.
        opted_out: The person told the provider to stop.
        retry: It was not taken, and may be taken a little later.
    """

    delivery: Delivery
    message_id: str = ""
    code: str | None = None
    opted_out: bool = False
    retry: bool = False


@dataclass(frozen=True)
class Capabilities:
    """What a provider can do.

    Attributes:
        signed: It signs what it sends.
        secret_path: The path that it sends to ends in a secret, which is the credential where it cannot sign.
        receipts: It says what became of a text.
        validity: It drops a text that is of no use any more.
    """

    signed: bool
    receipts: bool
    validity: bool
    secret_path: bool = False


class Adapter(Protocol):
    """One SMS provider."""

    name: str
    capabilities: Capabilities

    def authenticate(self, request: RawRequest) -> None:
        """Return if the request is the provider's.

        Raises:
            NotAuthentic: It is not, or it cannot be told.
        """

    def parse(self, request: RawRequest) -> Sequence[Inbound | Receipt]:
        """What is in a request; nothing where it is of no interest.

        Raises:
            Unreadable: The text's name or its sender is absent.
        """

    def acknowledge(self, reply: str = "") -> Response:
        """What the provider wants to hear when all is stored, with a reply if it can carry one."""

    async def send(self, text: Outgoing) -> Sent:
        """Hand a text to the provider; returns within seconds and does not raise for what it answers."""

    async def close(self) -> None:
        """Close connections."""


@dataclass
class Registry:
    """The adapters of an installation.

    Attributes:
        adapters: By name, as it stands in the webhook's path.
        sending: The one that sends; None where no text is sent.
    """

    adapters: dict[str, Adapter] = field(default_factory=dict)
    sending: Adapter | None = None

    async def close(self) -> None:
        """Close all of them."""
        for adapter in self.adapters.values():
            await adapter.close()
