"""Who may read the store: a token for each reader, of which only a hash is kept."""

import json
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path

from schemas.private_file import write_private_json

OPERATOR = "operator"
"""The name of the token that the settings hold, `WELLSTREAM_STORE_TOKEN`."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_MARK = "wsr_"


class TokenError(ValueError):
    """A token cannot be made or revoked; the text says why."""


class Role(StrEnum):
    """What the holder of a token may read; `streams.store.permission` has the relations of each."""

    STAFF = "staff"


@dataclass(frozen=True)
class Token:
    """A reader's token.

    Attributes:
        name: Whose it is.
        digest: The SHA-256 of its text, in hexadecimal. The text is random, so that needs no salt.
        role: What it may read.
        made_at: When it was made, in ISO 8601; empty for the one of the settings.
        operates: Whether it may also replace the store by a rebuilt one.
    """

    name: str
    digest: str
    role: Role
    made_at: str = ""
    operates: bool = False


def digest_of(text: str) -> str:
    """What is kept of a token."""
    return sha256(text.encode()).hexdigest()


class TokenFile:
    """The tokens that a file keeps.

    Args:
        path: A JSON file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Token]:
        """All tokens.

        Raises:
            TokenError: The file cannot be read.
        """
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            return [Token(**one | {"role": Role(one["role"]), "operates": False}) for one in content]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            raise TokenError(f"the file of tokens {self._path} cannot be read; restore it, or remove it to "
                             "revoke all of them") from None  # fmt: skip

    def add(self, name: str, role: Role, at: datetime) -> str:
        """Make a token; its text is not kept, so it is shown now or never.

        Raises:
            TokenError: The name is taken or no name, or the file cannot be read.
        """
        known = self.read()
        if not _NAME.fullmatch(name):
            raise TokenError(
                f"{name[:60]!r} is no name for a token; use up to 40 small letters, digits, dots and dashes"
            )
        if name == OPERATOR or any(one.name == name for one in known):
            raise TokenError(f"there is a token named {name} already; revoke it, or choose another name")
        text = _MARK + secrets.token_urlsafe(32)
        self._write([*known, Token(name, digest_of(text), role, at.isoformat(timespec="seconds"))])
        return text

    def revoke(self, name: str) -> None:
        """Remove a token; a running store refuses it from now on.

        Raises:
            TokenError: There is none of that name, or the file cannot be read.
        """
        known = self.read()
        left = [one for one in known if one.name != name]
        if len(left) == len(known):
            names = ", ".join(one.name for one in known) or "none"
            raise TokenError(f"there is no token named {name[:60]}; there are: {names}")
        self._write(left)

    def _write(self, tokens: list[Token]) -> None:
        write_private_json(self._path, [asdict(one) for one in tokens])


class Holders:
    """Finds whose a token is, in the file as it is at that moment.

    Args:
        operator: The digest of the operator's token.
        path: The file of the others; None for no others.
    """

    def __init__(self, operator: str, path: Path | None) -> None:
        self._operator = Token(OPERATOR, operator, Role.STAFF, operates=True)
        self._file = TokenFile(path) if path else None

    def find(self, text: str) -> Token | None:
        """The token with that text; None if there is none."""
        digest, found = digest_of(text), None
        for one in (self._operator, *self._others()):
            if compare_digest(one.digest, digest):
                found = one
        return found

    def _others(self) -> list[Token]:
        try:
            return self._file.read() if self._file else []
        except TokenError:
            # The operator's own token must open a store whose file of tokens is damaged.
            return []
