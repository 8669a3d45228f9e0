"""Sealing text so that only the participant's key can open it, and only where it was sealed.

AES-256-GCM. The associated data bind a seal to its topic, participant and event: a ciphertext that is
moved elsewhere does not open. The nonce is derived from these and the text (HMAC-SHA-256 under a separate
key, truncated to 96 bits), so that a retry yields the same bytes and a different text a different nonce.
"""

import base64
import hashlib
import hmac
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.events import Sealed

_NONCE_BYTES = 12


class WrongKey(ValueError):
    """The key does not open this seal, or the seal was moved or changed."""


def new_key() -> bytes:
    """A random 256-bit key."""
    return AESGCM.generate_key(bit_length=256)


def _place(topic: str, participant: str, event_id: UUID) -> bytes:
    return f"{topic}|{participant}|{event_id}".encode()


def _nonce_key(key: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"wellstream nonces").derive(key)


def seal(key: bytes, text: str, *, topic: str, participant: str, event_id: UUID) -> Sealed:
    """Seal text under a 32-byte key, bound to a topic, a participant and an event."""
    where = _place(topic, participant, event_id)
    nonce = hmac.digest(_nonce_key(key), where + b"|" + text.encode(), hashlib.sha256)[:_NONCE_BYTES]
    ciphertext = AESGCM(key).encrypt(nonce, text.encode(), where)
    return Sealed(nonce=base64.b64encode(nonce), ciphertext=base64.b64encode(ciphertext))


def unseal(key: bytes, sealed: Sealed, *, topic: str, participant: str, event_id: UUID) -> str:
    """The text in a seal.

    Raises:
        WrongKey: The key is another participant's, or the text was sealed for another topic or event.
    """
    try:
        text = AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, _place(topic, participant, event_id))
    except InvalidTag:
        raise WrongKey("the key does not open this seal") from None
    return text.decode()
