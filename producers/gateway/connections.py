"""Limits for connections, in the server itself: no client can hold up the gateway, with or without a proxy.

uvicorn bounds a request's line and headers and an idle connection after a response. These classes add what it
lacks: a limit of time for the headers and the body of a request, for a connection that never sends anything,
and for the number of connections.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_BYTES = 16 * 1024
"""The longest line and headers of a request; what is longer is answered 400."""


@dataclass(frozen=True)
class ConnectionLimits:
    """The limits of one port.

    Attributes:
        connections: Open at once. For a further one, the oldest idle connection of the address with the most
            of them makes room; one on which a request is under way never does.
        header_seconds: From the connection, or the first byte of a later request, to the end of the headers.
        body_seconds: From there to the end of the body.
        response_seconds: From there until the client has taken the response.
    """

    connections: int = 800
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    response_seconds: float = 60.0


def bounded(limits: ConnectionLimits) -> type[H11Protocol]:
    """Serves HTTP/1.1 as uvicorn does, within limits."""

    class Bounded(H11Protocol):
        """One connection."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._timer: asyncio.TimerHandle | None = None
            self._waits_for = ""
            self.opened_at = self.loop.time()
            if len(self.connections) > limits.connections:
                _crowded_out(self.connections, self).transport.abort()
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            # uvicorn closes what then stays idle; a next request begins its own time with its first byte.
            untaken = bool(self.transport.get_write_buffer_size())
            self._wait_for("taking", limits.response_seconds if untaken else None)

        def connection_lost(self, exc: Exception | None) -> None:
            self._wait_for("", None)
            super().connection_lost(exc)

        def _watch(self) -> None:
            if self.cycle is None or self.cycle.response_complete:
                self._wait_for("headers", limits.header_seconds)
            elif self.cycle.more_body:
                self._wait_for("body", limits.body_seconds)
            else:
                self._wait_for("response", limits.response_seconds)

        def _wait_for(self, what: str, seconds: float | None) -> None:
            if what and what == self._waits_for:
                return  # more bytes of the same do not prolong it
            if self._timer is not None:
                self._timer.cancel()
            self._waits_for = what
            self._timer = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)

    return Bounded


def _crowded_out(connections: Iterable[Any], newest: Any) -> Any:
    """The connection that makes room: idle, and of the address that has the most of those."""
    idle = [
        one for one in connections
        if (one.cycle is None or one.cycle.response_complete) and not one.transport.is_closing()
    ]  # fmt: skip
    held = Counter(_address(one) for one in idle)
    return max(idle, key=lambda one: (held[_address(one)], -one.opened_at), default=newest)


def _address(connection: Any) -> str:
    return connection.client[0] if connection.client else ""
