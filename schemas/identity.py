"""Ids that are derived from their cause, so that doing something twice yields the same id."""

import hashlib
import secrets
from uuid import UUID, uuid5

NAMESPACE = UUID("6d0e4b1c-7f0b-5f0e-9a57-2f6a3f1c8b11")
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def event_id(*cause: str) -> UUID:
    """The id of the event with this cause.

    Args:
        cause: What caused it, from the general to the specific, such as ("twilio", MessageSid).

    Returns:
        A version 5 UUID; the same cause yields the same id, on any machine, at any time.
    """
    if not cause:
        raise ValueError("an event id needs a cause")
    # The unit separator cannot occur in an id, so ("a", "b c") and ("a b", "c") stay distinct.
    return uuid5(NAMESPACE, "\x1f".join(cause))


def new_pseudonym() -> str:
    """A random pseudonym, `p-` and 16 characters: 80 bits that reveal nothing about the person."""
    return "p-" + "".join(secrets.choice(_ALPHABET) for _ in range(16))


def pseudonym_from(*cause: str) -> str:
    """A pseudonym derived from its cause: for names in an imported file, never for telephone numbers."""
    number = int(hashlib.sha256("\x1f".join(cause).encode()).hexdigest(), 16)
    return "p-" + "".join(_ALPHABET[number >> 5 * place & 31] for place in range(16))


def digest(content: str | bytes) -> str:
    """SHA-256 of a text in UTF-8, or of bytes, in hexadecimal: 64 characters."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
