"""Who is signed in: in this process only, so that a restart signs everybody out."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

from dashboard.sign_in.accounts import Role
from schemas.clock import Clock
from schemas.identity import digest

_MOST_SESSIONS = 1_000
_LONGEST = timedelta(hours=12)


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in.

    Attributes:
        name: The account's name, or the e-mail address that the provider has verified.
        role: What the person may do.
        stamp: Of a local account, what changes with its password; empty for others.
    """

    name: str
    role: Role
    stamp: str = ""


@dataclass(frozen=True)
class _Session:
    visitor: Visitor
    begun: datetime
    active: datetime


class Sessions:
    """The sessions, at most 1,000; the one that was idle for longest gives way.

    Args:
        idle: How long a session lasts without activity. It never lasts longer than twelve hours.
        admitted: Whether somebody may still be here: their account exists and has the same password.
        clock: Tells the time.
    """

    def __init__(self, idle: timedelta, admitted: Callable[[Visitor], bool], clock: Clock) -> None:
        self._idle = idle
        self._admitted = admitted
        self._clock = clock
        # Pages run in threads of their own.
        self._lock = Lock()
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    def begin(self, visitor: Visitor) -> str:
        """Begin a session; the token, 256 random bits, is kept as a hash only."""
        token, at = secrets.token_urlsafe(32), self._clock()
        with self._lock:
            self._sessions[digest(token)] = _Session(visitor, at, at)
            if len(self._sessions) > _MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return token

    def visitor(self, token: str) -> Visitor | None:
        """Whose session that is; None if there is none, or it has ended."""
        key, at = digest(token), self._clock()
        with self._lock:
            found = self._sessions.get(key)
            if found is None:
                return None
            over = at - found.active >= self._idle or at - found.begun >= _LONGEST
            if over or not self._admitted(found.visitor):
                del self._sessions[key]
                return None
            return found.visitor

    def touch(self, token: str) -> None:
        """Somebody did something: the idle time begins anew."""
        key = digest(token)
        with self._lock:
            if found := self._sessions.get(key):
                self._sessions[key] = replace(found, active=self._clock())
                self._sessions.move_to_end(key)

    def end(self, token: str) -> None:
        """End a session, if there is one."""
        with self._lock:
            self._sessions.pop(digest(token), None)
