"""The process that serves readers from a copy of the store's file, which the writer keeps up to date.

It holds no data of its own: when it ends, for whatever reason, the writer starts another one from a new copy.
What it says goes to its standard output, a line of JSON each: `copied`, `serving`, and `rebuilt` with the
tables that may lose rows.
"""

import asyncio
import json
import logging
import os
import shutil
import signal
import socket
import sys
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from queue import Queue
from typing import IO, assert_never

import duckdb
import pyarrow as pa

from schemas.topic_log import Partition
from streams.store.endpoint import Endpoint
from streams.store.frames import Computed, Frame, Replaced, Retire, Serve, Start, Written, read
from streams.store.limits import Limits
from streams.store.reader_server import HttpServer
from streams.store.schema import Rows
from streams.store.tokens import Holders
from streams.store.writer import write

_log = logging.getLogger(__name__)
_NICE = 10
_KILLED_FIRST = "800"
_TRIES = 5
_WAITING = 256
_STUCK = 70


def open_copy(copy: Path, limits: Limits) -> duckdb.DuckDBPyConnection:
    """Open a copy for readers: no other files, no network, and no setting can be changed any more."""
    connection = duckdb.connect(
        str(copy),
        config={
            "memory_limit": f"{limits.memory_mb}MiB",
            "threads": str(min(2, os.cpu_count() or 1)),
            "temp_directory": str(copy.with_suffix(".tmp")),
            "max_temp_directory_size": f"{limits.temp_mb}MiB",
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
        },
    )
    lock(connection)
    return connection


def lock(connection: duckdb.DuckDBPyConnection) -> None:
    """Take from a database's connections all access to files and the network, and to its settings."""
    connection.execute("set global timezone = 'UTC'")
    connection.execute("set enable_external_access = false")
    connection.execute("set global lock_configuration = true")


class _Requests:
    """Requests to put a rebuilt file in place, each waiting for the writer's answer."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[tuple[int, str]]]] = deque()

    async def ask(self, accept_loss: list[str]) -> tuple[int, str]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[tuple[int, str]] = loop.create_future()
        self._waiting.append((loop, answer))
        _say("rebuilt", accept_loss)
        return await answer

    def answer(self, found: Replaced) -> None:
        loop, answer = self._waiting.popleft()
        loop.call_soon_threadsafe(answer.set_result, (found.status, found.text))


def main(stream: IO[bytes]) -> None:
    """Serve until the writer goes away or says so."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # the writer ends this process by closing its pipe
    start = read(stream)
    if not isinstance(start, Start):
        return
    _yield_to_the_writer(start.limits)
    shutil.copyfile(start.file, start.copy)
    _say("copied")
    connection = open_copy(start.copy, start.limits)
    writer, requests = connection.cursor(), _Requests()
    server: HttpServer | None = None
    waiting: Queue[Frame] = Queue(_WAITING)
    threading.Thread(target=_receive, args=(stream, waiting), name="frames", daemon=True).start()
    while not isinstance(frame := next_frame(waiting), Retire):
        match frame:
            case Written():
                _apply(writer, frame)
            case Computed():
                replace_computed(writer, frame)
            case Serve():
                endpoint = Endpoint(
                    connection, Holders(start.token, start.tokens), start.limits, str(start.copy.parent),
                    end_process, requests.ask,
                )  # fmt: skip
                server = HttpServer(endpoint.app(), _socket(start.listener), start.limits)
                server.start()
                _say("serving")
            case Replaced():
                requests.answer(frame)
            case Start():
                raise ValueError("started twice")
            case _:
                assert_never(frame)
    if server:
        server.stop()


def _receive(stream: IO[bytes], waiting: "Queue[Frame]") -> None:
    while (frame := read(stream)) is not None:
        waiting.put(frame)
    # The writer has gone, and its successor needs the port: nothing here is worth waiting for.
    os._exit(0)


def next_frame(waiting: "Queue[Frame]") -> Frame:
    """The next frame; rows that wait one after another come as one, so that a slow reader catches up."""
    frame = waiting.get()
    if not isinstance(frame, Written):
        return frame
    rows: Rows = {}
    reached: dict[Partition, int] = {}
    begun: dict[Partition, int] = {}
    while True:
        for name, more in frame.rows.items():
            rows.setdefault(name, []).extend(more)
        reached |= frame.reached
        begun = dict(frame.begun) | begun
        with waiting.mutex:
            following = waiting.queue[0] if waiting.queue else None
        if not isinstance(following, Written):
            break
        frame = following
        waiting.get()
    return Written(rows, reached, begun)


def end_process() -> None:
    """End at once, because a query cannot be stopped otherwise."""
    _log.error("a query went on after it was interrupted; the process that serves readers is replaced")
    os._exit(_STUCK)


def _apply(writer: duckdb.DuckDBPyConnection, frame: Written) -> None:
    for attempt in range(_TRIES):
        try:
            write(writer, frame.rows, frame.reached, frame.begun)
        except duckdb.OutOfMemoryException:
            # Queries have the memory now; they end, or another process starts with a new copy.
            if attempt + 1 == _TRIES:
                raise
            threading.Event().wait(2**attempt)
        else:
            return


def replace_computed(connection: duckdb.DuckDBPyConnection, computed: Computed) -> None:
    """Replace the content of the tables that the batch computes, in one transaction."""
    connection.execute("begin")
    try:
        for name, content in computed.tables.items():
            connection.register("incoming", pa.ipc.open_stream(content).read_all())
            connection.execute(f"delete from {name}")  # noqa: S608 - our own names
            connection.execute(f"insert into {name} by name select * from incoming")  # noqa: S608
            connection.unregister("incoming")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _yield_to_the_writer(limits: Limits) -> None:
    """Run behind the writer, and be the one that is ended where memory runs out."""
    if sys.platform == "linux":
        import resource

        os.nice(_NICE)
        most = (limits.memory_mb + limits.beyond_mb) * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_KILLED_FIRST)


def _socket(listener: int | bytes) -> socket.socket:
    if isinstance(listener, bytes):
        return socket.fromshare(listener)  # type: ignore[attr-defined, no-any-return, unused-ignore] # Windows
    return socket.socket(fileno=listener)


def _say(what: str, value: object = None) -> None:
    print(json.dumps({what: value}), flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    main(sys.stdin.buffer)
    os._exit(0)  # a query's thread must not keep the process
