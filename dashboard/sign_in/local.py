"""Signing in with the name and password of a local account."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from logging import getLogger

from dashboard.sign_in.accounts import Account, AccountError, AccountFile, Accounts, plain
from dashboard.sign_in.devices import device_of, new_cookie
from dashboard.sign_in.guesses import Guesses, Key, counted_for
from dashboard.sign_in.passwords import agrees, nobodys_hash
from dashboard.sign_in.sessions import Visitor
from schemas.clock import Clock

_AT_ONCE = 2
_MOST_WAITING = 20
_log = getLogger(__name__)


@dataclass(frozen=True)
class Try:
    """Somebody's try to sign in.

    Attributes:
        name, password: As they were typed.
        network: Where it comes from; empty if unknown.
        device: The cookie of a browser that is known.
    """

    name: str
    password: str
    network: str
    device: str


@dataclass(frozen=True)
class Welcome:
    """The password is right.

    Attributes:
        visitor: Who it is.
        device: The cookie by which the browser is known from now on.
    """

    visitor: Visitor
    device: str


@dataclass(frozen=True)
class Wrong:
    """There is no such account, or the password is wrong; which of them is not told."""


@dataclass(frozen=True)
class TooMany:
    """Too many tries were wrong.

    Attributes:
        seconds: Until the next one.
    """

    seconds: int


@dataclass(frozen=True)
class Busy:
    """More people sign in at once than can be served."""


class LocalSignIn:
    """Compares passwords, two at a time, since each comparison takes 64 MiB.

    Args:
        file: The accounts.
        clock: Tells the time.
    """

    def __init__(self, file: AccountFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._guesses = Guesses()
        self._nobody = nobodys_hash()
        self._waiting = 0
        self._turn = asyncio.Semaphore(_AT_ONCE)

    def accounts(self) -> Accounts:
        """The accounts; none if their file cannot be read, which the log says."""
        try:
            return self._file.read()
        except AccountError as error:
            _log.error("%s", error)
            return Accounts()

    def admits(self, visitor: Visitor) -> bool:
        """Whether somebody who signed in may stay: the account exists, and its password is the same."""
        if not visitor.stamp:
            return True
        account = self.accounts().find(visitor.name)
        return account is not None and account.stamp == visitor.stamp

    async def attempt(self, tried: Try) -> Welcome | Wrong | TooMany | Busy:
        """Let somebody in, or say why not."""
        known, name = self.accounts(), plain(tried.name)
        account = known.find(name)
        device = device_of(tried.device, known.device_key, account.stamp) if account else None
        # A new password by command begins the counts of its account anew.
        keys = counted_for(account.stamp if account else name, tried.network, device)
        if seconds := self._guesses.seconds_to_wait(keys, self._clock()):
            return TooMany(seconds)
        if self._waiting >= _MOST_WAITING:
            return Busy()
        self._guesses.count(keys, self._clock())
        if not await self._agrees(tried.password, account) or account is None:
            return self._wrong(keys, name if account else "no account", tried.network)
        self._guesses.take_back(keys)
        _log.info("%s signed in from %s", name, tried.network or "an unknown network")
        visitor = Visitor(account.name, account.role, account.stamp)
        return Welcome(visitor, new_cookie(known.device_key, account.stamp))

    def _wrong(self, keys: Sequence[Key], name: str, network: str) -> Wrong:
        if seconds := self._guesses.seconds_to_wait(keys, self._clock()):
            _log.warning(
                "wrong passwords for %s from %s: the next try in %d s", name, network or "unknown", seconds
            )
        return Wrong()

    async def _agrees(self, password: str, account: Account | None) -> bool:
        """Whether the password is right; takes as long where there is no account."""
        self._waiting += 1
        try:
            async with self._turn:
                kept = account.password if account else self._nobody
                return await asyncio.to_thread(agrees, password, kept)
        finally:
            self._waiting -= 1
