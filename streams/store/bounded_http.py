"""An HTTP server in a thread of its own that no client can hold up: uvicorn with limits for connections."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from streams.store.limits import Limits

_HEADER_BYTES = 16 * 1024
_GRACE_SECONDS = 5


class _Server(uvicorn.Server):
    """A server that leaves the signals to its process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class HttpServer:
    """Serves an application on a socket until it is told to stop.

    Args:
        app: The application; each of its answers must close the connection.
        listener: A socket that listens; closed at the end.
        limits: Its limits of connections and times.
    """

    def __init__(self, app: ASGIApp, listener: socket.socket, limits: Limits) -> None:
        self._listener = listener
        self._server = _Server(
            uvicorn.Config(
                app,
                http=_bounded(limits),
                ws="none",
                lifespan="off",
                access_log=False,
                log_level="critical",
                server_header=False,
                h11_max_incomplete_event_size=_HEADER_BYTES,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        self._thread = threading.Thread(target=self._run, name="readers", daemon=True)

    def start(self) -> None:
        """Begin to accept connections."""
        self._thread.start()

    def stop(self) -> None:
        """Accept no more, let those under way finish for a few seconds, and end."""
        self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])


def _bounded(limits: Limits) -> type[H11Protocol]:
    longest = limits.asking_seconds + limits.most_seconds + limits.sending_seconds

    class Bounded(H11Protocol):
        """One connection for one request, with a limit of time for its headers and for all of it."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.since = time.monotonic()
            if len(self.connections) > limits.connections:
                _oldest_idle(self.connections, self).transport.abort()
            self.timers = (
                self.loop.call_later(limits.asking_seconds, self._abort_without_request),
                self.loop.call_later(longest, transport.abort),
            )

        def connection_lost(self, exc: Exception | None) -> None:
            for timer in self.timers:
                timer.cancel()
            super().connection_lost(exc)

        def _abort_without_request(self) -> None:
            if self.cycle is None:
                self.transport.abort()

    return Bounded


def _oldest_idle(connections: Any, fallback: Any) -> Any:
    idle = [one for one in connections if one.cycle is None and not one.transport.is_closing()]
    return min(idle, key=lambda one: one.since, default=fallback)
