"""Twilio's words: what it sends us, its signature, and what it wants to hear."""

from collections.abc import Mapping
from dataclasses import dataclass

from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

PROVIDER = "twilio"
_LONGEST_SID = 64


@dataclass(frozen=True)
class InboundText:
    """A text as Twilio hands it over.

    Attributes:
        message_sid: Twilio's name of the message; the same at every retry.
        number: The sender's telephone number.
        words: What was written; empty where only a picture came.
        simulated_at: The time that the simulator invents, as it wrote it.
    """

    message_sid: str
    number: str
    words: str
    simulated_at: str


def is_signed(auth_token: str, url: str, fields: Mapping[str, str], signature: str) -> bool:
    """Whether Twilio signed these fields for this public address."""
    return bool(RequestValidator(auth_token).validate(url, fields, signature))


def read(fields: Mapping[str, str]) -> InboundText | None:
    """The text in a request's fields; None where the message's name or the sender is absent."""
    sid, number = fields.get("MessageSid", ""), fields.get("From", "")
    if not sid or not number or len(sid) > _LONGEST_SID:
        return None
    return InboundText(sid, number, fields.get("Body", ""), fields.get("SimulatedAt", ""))


def reply(words: str = "") -> str:
    """TwiML that answers with `words`, or with silence."""
    response = MessagingResponse()
    if words:
        response.message(words)
    return str(response)
