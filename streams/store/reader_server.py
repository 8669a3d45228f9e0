"""The server of the readers, in a thread of its own."""

import socket
import threading

from starlette.types import ASGIApp

from schemas.http_server import ConnectionLimits, http_server
from streams.store.limits import Limits

_GRACE_SECONDS = 5


class HttpServer:
    """Serves an application on a socket until it is told to stop.

    Args:
        app: The application; each of its answers must close the connection.
        listener: A socket that listens; closed at the end.
        limits: Its limits of connections and times.
    """

    def __init__(self, app: ASGIApp, listener: socket.socket, limits: Limits) -> None:
        self._listener = listener
        connections = ConnectionLimits(
            connections=limits.connections,
            header_seconds=limits.asking_seconds,
            body_seconds=2 * limits.asking_seconds,  # the endpoint says so after one of them
            response_seconds=limits.most_seconds + limits.sending_seconds,
        )
        self._server = http_server(app, connections, grace_seconds=_GRACE_SECONDS, log_level="critical")
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
