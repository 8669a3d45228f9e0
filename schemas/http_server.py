"""An HTTP server that no client can hold up, with or without a proxy in front: uvicorn with limits.

uvicorn bounds a request's line and headers and an idle connection after a response. This adds what it lacks:
limits of time for the headers and the body of a request and for taking the response, of the number of
connections, of the parts a body is sent in, and of what unreadable requests write to the log.

The gateway and the store both serve, so the server belongs with what all rooms share.
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from heapq import nlargest
from typing import Any, ClassVar, Literal

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_BYTES = 16 * 1024
"""The longest line and headers of a request; what is longer is answered 400."""
_MOST_HEADERS = 100
_END_OF_HEADERS = re.compile(rb"\n\r?\n")
_SAID_EVERY_SECONDS = 10.0
_log = logging.getLogger(__name__)
_uvicorn_log = logging.getLogger("uvicorn.error.connections")


@dataclass(frozen=True)
class ConnectionLimits:
    """The limits of one port.

    Attributes:
        connections: Open at once. For a further one, one makes room that waits for its client; one for which
            an answer is being made never does.
        header_seconds: From the connection, or the first byte of a later request, to the end of the headers.
        body_seconds: From there to the end of the body.
        response_seconds: From there until the client has taken the response.
        chunks: Parts of one body that is sent in chunks; more are answered 400.
    """

    connections: int = 800
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    response_seconds: float = 60.0
    chunks: int = 256


class _Server(uvicorn.Server):
    """A server that leaves the signals to its process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def http_server(
    app: ASGIApp,
    limits: ConnectionLimits,
    *,
    grace_seconds: int = 10,
    log_level: Literal["warning", "critical"] = "warning",
) -> uvicorn.Server:
    """A server for an application, within limits; it leaves signals alone.

    Args:
        app: The application.
        limits: Its limits.
        grace_seconds: How long requests under way may take to finish when it is told to stop.
        log_level: `critical` keeps the application's exceptions out of the log as well.
    """

    class Connection(_Connection):
        port = _Port(limits)

    server = _Server(
        uvicorn.Config(
            app,
            http=Connection,
            h11_max_incomplete_event_size=HEADER_BYTES,
            ws="none",
            # Secrets stand in the paths.
            access_log=False,
            log_level=log_level,
            lifespan="off",
            server_header=False,
            # uvicorn would believe `X-Forwarded-For` from any process on this machine.
            proxy_headers=False,
            timeout_graceful_shutdown=grace_seconds,
        )
    )
    # After uvicorn has set up its own: what it would write for each unreadable request is counted instead.
    _uvicorn_log.setLevel(logging.ERROR if log_level == "warning" else logging.CRITICAL)
    return server


class _Waits(Enum):
    """What has to happen next on a connection."""

    HEADERS = auto()
    BODY = auto()
    RESPONSE = auto()
    NEXT = auto()


class _PartsCounted(h11.Connection):
    """Refuses too many headers, and a body in too many chunks: each costs the same work, however small."""

    def __init__(self, most: int) -> None:
        super().__init__(h11.SERVER, HEADER_BYTES)
        self._most = most
        self._chunks = 0

    def next_event(self) -> Any:
        if self.their_state is h11.IDLE:
            received = self.trailing_data[0]
            end = _END_OF_HEADERS.search(received)
            if received.count(b"\n", 0, end.start() if end else len(received)) > _MOST_HEADERS:
                raise h11.RemoteProtocolError("too many headers")
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks = 0
        elif isinstance(event, h11.Data) and event.chunk_start:
            self._chunks += 1
            if self._chunks > self._most:
                raise h11.RemoteProtocolError("too many chunks")
        return event


class _Seldom:
    """Logs how often something happens: at once, and then at most every few seconds."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None

    def happened(self, loop: asyncio.AbstractEventLoop) -> None:
        self._count += 1
        if self._timer is None:
            self._say(loop)

    def _say(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        if self._count:
            _log.warning("%s: %d", self._what, self._count)
            self._count = 0
            self._timer = loop.call_later(_SAID_EVERY_SECONDS, self._say, loop)


class _Port:
    """What the connections of a port share.

    Attributes:
        limits: Their limits.
        held: How many each address has.
        going: How many have made room and are not gone yet.
        unreadable, crowded: What is told in the log.
        seconds: How long each wait may take.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self.held: Counter[str] = Counter()
        self.going = 0
        self.unreadable = _Seldom("requests that are not readable HTTP were refused")
        self.crowded = _Seldom("connections that waited for their client made room for new ones")
        self.seconds: dict[_Waits, float | None] = {
            _Waits.HEADERS: limits.header_seconds,
            _Waits.BODY: limits.body_seconds,
            _Waits.RESPONSE: limits.response_seconds,
            _Waits.NEXT: None,  # uvicorn closes what stays idle
        }


class _Connection(H11Protocol):
    """One connection, served as uvicorn does, within limits.

    Attributes:
        port: What the connections of a port share.
        address: Of the client.
        waits: What has to happen next.
        since: When it last sent something, or was last sent something that it has yet to take.
        made_room: Whether it was closed for another one.
    """

    port: ClassVar[_Port]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.conn = _PartsCounted(self.port.limits.chunks)
        self.logger = _uvicorn_log
        self._timer: asyncio.TimerHandle | None = None
        self._waits_in: object = self  # so that the first wait differs
        self.address = ""
        self.waits = _Waits.HEADERS
        self.since = 0.0
        self.made_room = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self.since = self.loop.time()
        self.port.held[self.address] += 1
        self._watch()
        if len(self.connections) - self.port.going > self.port.limits.connections:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        self.since = self.loop.time()
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        self.since = self.loop.time()
        if self.conn.their_state is h11.DONE and self.conn.trailing_data[0]:
            # Browsers and proxies wait for an answer before they ask again; a packet of a thousand requests
            # would have as many answered before anybody's next one.
            self.transport.close()
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        self.since = self.loop.time()
        super().pause_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._set_timer(None)
        self.port.going -= self.made_room
        self.port.held[self.address] -= 1
        if not self.port.held[self.address]:
            del self.port.held[self.address]
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        self.port.unreadable.happened(self.loop)
        if self.cycle is not None and not self.cycle.response_complete:
            # The application learns that nothing more comes, and can no longer answer.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            super().send_400_response(msg)
        else:
            self.transport.close()

    @property
    def waits_for_client(self) -> bool:
        """Whether the client has to do something before we can."""
        if self.waits is _Waits.RESPONSE:
            return bool(self.transport.get_write_buffer_size())
        return not self.flow.read_paused and not self.transport.is_closing()

    def _make_room(self) -> None:
        """Close a few others, so that not every new connection costs a look at all of them; or else this."""
        few = max(1, self.port.limits.connections // 50)
        for one in _crowded_out(self.connections, self, self.port.held, few) or [self]:
            self.port.crowded.happened(self.loop)
            one.made_room = True
            self.port.going += 1
            one.transport.abort()

    def _watch(self) -> None:
        waits = self._next()
        if waits is not self.waits or self.cycle is not self._waits_in:
            self.waits, self._waits_in = waits, self.cycle
            self._set_timer(self.port.seconds[waits])  # more bytes of the same do not prolong it

    def _next(self) -> _Waits:
        cycle = self.cycle
        if cycle is None:
            return _Waits.HEADERS
        if not cycle.response_complete:
            return _Waits.BODY if cycle.more_body else _Waits.RESPONSE
        if self.transport.get_write_buffer_size():
            return _Waits.RESPONSE
        if self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
            return _Waits.NEXT
        return _Waits.HEADERS

    def _set_timer(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)


def _crowded_out(connections: Iterable[Any], newest: Any, held: Mapping[str, int], few: int) -> list[Any]:
    """The connections that make room.

    First those that have been served and ask for nothing. Then those that have waited long for a client who
    holds many: a hundred half-sent requests from one address go before the slow one of another, and those of
    a hundred addresses before one that has only begun.
    """
    now = newest.since
    waiting = (one for one in connections if not one.made_room and one is not newest and one.waits_for_client)
    return nlargest(
        few, waiting, key=lambda one: (one.waits is _Waits.NEXT, (now - one.since) * held[one.address])
    )
