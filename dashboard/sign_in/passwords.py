"""Passwords: what is accepted as one, its argon2id hash, and the comparison."""

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 128
_FEWEST_CHARACTERS = 5
_LONG_NAME = 4
_HASHER = PasswordHasher()


class WeakPassword(ValueError):
    """A password that is not accepted; the text says why."""


def hash_of(password: str, name: str) -> str:
    """What is kept of a new password: argon2id with the parameters of RFC 9106 (64 MiB) and a salt.

    Args:
        password: 12 to 128 characters.
        name: Whose it is; one of four letters or more must not be part of it.

    Raises:
        WeakPassword: It could be guessed, or is too long.
    """
    text = _same_everywhere(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise WeakPassword(
            f"the password has {len(text)} characters; use {SHORTEST} to {LONGEST}, such as four words"
        )
    if len(set(text)) < _FEWEST_CHARACTERS:
        raise WeakPassword("the password repeats a few characters; use others, such as four words")
    if len(name) >= _LONG_NAME and name.casefold() in text.casefold():
        raise WeakPassword("the password contains the name; choose another one")
    return _HASHER.hash(text)


def agrees(password: str, kept: str) -> bool:
    """Whether a password is the one that was kept as this hash; takes as long for a wrong one."""
    text = _same_everywhere(password)
    try:
        return len(text) <= LONGEST and _HASHER.verify(kept, text)
    except (VerificationError, InvalidHashError):
        return False


def nobodys_hash() -> str:
    """A hash that no password is known to fit, to compare with where there is no account."""
    return _HASHER.hash(secrets.token_urlsafe())


def _same_everywhere(password: str) -> str:
    """The password in one form: keyboards and systems compose letters such as é in two ways."""
    return unicodedata.normalize("NFKC", password)
