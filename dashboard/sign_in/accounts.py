"""The local accounts of the dashboard, in a file that commands write and the dashboard reads."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter

from dashboard.sign_in.passwords import hash_of
from schemas.identity import digest
from schemas.private_file import write_private_json

LONGEST_NAME = 64
_NAME = re.compile(rf"[a-z0-9][a-z0-9._@+-]{{0,{LONGEST_NAME - 1}}}")
_MOST_ACCOUNTS = 500
_MOST_BYTES = 1_000_000


class AccountError(ValueError):
    """An account cannot be made, changed or read; the text says why."""


class Role(StrEnum):
    """What a person may do in the dashboard."""

    RESEARCHER = "researcher"


@dataclass(frozen=True)
class Account:
    """A person who signs in with a password.

    Attributes:
        name: The name, in small letters.
        role: What the person may do.
        password: The argon2id hash of the password.
        made_at: When the account was made, in ISO 8601.
        password_at: When the password was last set, in ISO 8601.
    """

    name: str
    role: Role
    password: str
    made_at: str
    password_at: str

    @property
    def stamp(self) -> str:
        """Changes with the password, and ends whatever was allowed with the old one."""
        return digest(self.password)


@dataclass(frozen=True)
class Accounts:
    """What the file holds.

    Attributes:
        accounts: The accounts, at most 500.
        device_key: Signs the cookies by which browsers are known again; hexadecimal.
    """

    accounts: tuple[Account, ...] = ()
    device_key: str = ""

    def find(self, name: str) -> Account | None:
        """The account of that name; None if there is none."""
        return next((one for one in self.accounts if one.name == name), None)


_ACCOUNTS = TypeAdapter(Accounts)


def plain(name: str) -> str:
    """A name as it is kept: people write theirs with capitals and spaces around it."""
    return name.strip().lower()[: LONGEST_NAME + 1]


class AccountFile:
    """The accounts that a file keeps.

    Args:
        path: A JSON file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[tuple[int, int, int], Accounts] | None = None

    def read(self) -> Accounts:
        """All accounts, as they are at this moment.

        Raises:
            AccountError: The file cannot be read.
        """
        try:
            found = self._path.stat()
            version = (found.st_mtime_ns, found.st_size, found.st_ino)
            seen = self._seen
            if seen is None or seen[0] != version:
                with self._path.open(encoding="utf-8") as file:
                    seen = self._seen = (version, _ACCOUNTS.validate_json(file.read(_MOST_BYTES)))
            return seen[1]
        except FileNotFoundError:
            return Accounts()
        except (OSError, ValueError):
            raise AccountError(
                f"the file of accounts {self._path} cannot be read; restore it, or remove it and make the "
                "accounts anew with `wellstream dashboard-user add NAME`"
            ) from None

    def check_new(self, name: str) -> None:
        """Look whether an account can be made, before a password is asked for.

        Raises:
            AccountError: The name is taken or no name, there are too many, or the file cannot be read.
        """
        known, name = self.read(), plain(name)
        if not _NAME.fullmatch(name):
            raise AccountError(
                f"{name[:60]!r} is no name for an account; use up to {LONGEST_NAME} letters without accents, "
                "digits and . _ - + @, beginning with a letter or digit"
            )
        if known.find(name):
            raise AccountError(
                f"there is an account named {name} already; `wellstream dashboard-user password {name}` "
                "changes its password"
            )
        if len(known.accounts) >= _MOST_ACCOUNTS:
            raise AccountError(f"there are {_MOST_ACCOUNTS} accounts, the most there can be; remove some")

    def add(self, name: str, password: str, role: Role, at: datetime) -> Account:
        """Make an account.

        Raises:
            AccountError: The name is taken or no name, there are too many, or the file cannot be read.
            WeakPassword: The password could be guessed.
        """
        self.check_new(name)
        known, name = self.read(), plain(name)
        when = at.isoformat(timespec="seconds")
        made = Account(name, role, hash_of(password, name), when, when)
        self._write([*known.accounts, made], known)
        return made

    def set_password(self, name: str, password: str, at: datetime) -> None:
        """Change a password, which ends all sessions that began with the old one.

        Raises:
            AccountError: There is no such account, or the file cannot be read.
            WeakPassword: The password could be guessed.
        """
        known, name = self.read(), plain(name)
        account = self._existing(known, name)
        new = replace(account, password=hash_of(password, name), password_at=at.isoformat(timespec="seconds"))
        self._write([new if one is account else one for one in known.accounts], known)

    def remove(self, name: str) -> None:
        """Remove an account, which ends its sessions.

        Raises:
            AccountError: There is no such account, or the file cannot be read.
        """
        known, name = self.read(), plain(name)
        account = self._existing(known, name)
        self._write([one for one in known.accounts if one is not account], known)

    def check(self, name: str) -> None:
        """Look whether there is an account, before a password is asked for.

        Raises:
            AccountError: There is none of that name, or the file cannot be read.
        """
        self._existing(self.read(), plain(name))

    def _existing(self, known: Accounts, name: str) -> Account:
        found = known.find(name)
        if found is None:
            names = ", ".join(one.name for one in known.accounts) or "none"
            raise AccountError(f"there is no account named {name[:60]}; there are: {names}")
        return found

    def _write(self, accounts: Sequence[Account], known: Accounts) -> None:
        write_private_json(
            self._path, asdict(Accounts(tuple(accounts), known.device_key or secrets.token_hex(32)))
        )
