"""Keeping a process for readers beside the writer, which never waits for it.

That process works on its own copy of the file and gets every batch through a pipe. Whenever it ends, or falls
further behind than the queue holds, a new one is made from a fresh copy; the old one, if it lives, answers
until the new one does.
"""

import asyncio
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa

from schemas.faults import type_and_frames
from schemas.settings import Settings
from schemas.topic_log import Partition
from streams.store.frames import Computed, Frame, Replaced, Retire, Serve, Start, Written, encode
from streams.store.limits import Limits
from streams.store.schema import COMPUTED, Rows
from streams.store.tokens import digest_of

_log = logging.getLogger(__name__)
_QUEUED_BYTES = 64 * 1024 * 1024
_READY_SECONDS = 300.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
_RETIRING_SECONDS = 15.0
_WAL_WHILE_COPYING, _WAL = "1TB", "16MB"
_TRIES = 100
_TRY_SECONDS = 0.05

Replace = Callable[[list[str]], Awaitable[Replaced]]


class _Process:
    """One process for readers, with the queue of what it has not been told yet."""

    def __init__(self, process: asyncio.subprocess.Process, replace: Replace, changed: asyncio.Event) -> None:
        self._process = process
        self._replace = replace
        self._changed = changed
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._bytes = 0
        self.behind = False
        self.ended = False
        self.copied = asyncio.Event()
        self.serving = asyncio.Event()
        self._tasks = [asyncio.create_task(self._pump()), asyncio.create_task(self._listen())]

    @property
    def useful(self) -> bool:
        return not self.behind and not self.ended

    def put(self, frame: bytes) -> None:
        """Add to the queue; one that is full is given up, and the process with it."""
        if self.behind:
            return
        self._bytes += len(frame)
        if self._bytes > _QUEUED_BYTES:
            self.behind = True
            self._changed.set()
            return
        self._queue.put_nowait(frame)

    async def wait_for(self, event: asyncio.Event) -> None:
        """Wait until the process says something, or raise because it will not."""
        async with asyncio.timeout(_READY_SECONDS):
            while not event.is_set():
                if not self.useful:
                    raise ChildProcessError("the process that serves readers ended while starting")
                self._changed.clear()
                heard = asyncio.ensure_future(event.wait())
                changed = asyncio.ensure_future(self._changed.wait())
                await asyncio.wait({heard, changed}, return_when=asyncio.FIRST_COMPLETED)
                heard.cancel()
                changed.cancel()

    async def retire(self) -> None:
        """Let it answer those who have asked, and end it."""
        self._queue.put_nowait(encode(Retire()))
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_RETIRING_SECONDS):
                    await self._process.wait()
        finally:
            await self.end()

    async def end(self) -> None:
        """End it now."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pump(self) -> None:
        pipe = self._process.stdin
        if pipe is None:
            return
        with suppress(BrokenPipeError, ConnectionResetError):
            while True:
                frame = await self._queue.get()
                pipe.write(frame)
                await pipe.drain()
                self._bytes -= len(frame)

    async def _listen(self) -> None:
        said = self._process.stdout
        while said is not None and (line := await said.readline()):
            for what, value in json.loads(line).items():
                if what == "copied":
                    self.copied.set()
                elif what == "serving":
                    self.serving.set()
                elif what == "rebuilt":
                    self._queue.put_nowait(encode(await self._replace(value)))
        self.ended = True
        self._changed.set()


class Feed:
    """Readers' side of the store.

    Args:
        settings: Where the file is, where readers connect, and the operator's token.
        listener: The socket that readers connect to; kept open, so that they wait while none serves.
        replace: Asks the store to put a rebuilt file in place.
        limits: What readers may use.
    """

    def __init__(self, settings: Settings, listener: socket.socket, replace: Replace, limits: Limits) -> None:
        self._settings = settings
        self._listener = listener
        self._replace = replace
        self._limits = limits
        self._changed = asyncio.Event()
        self._serving: _Process | None = None
        self._starting: _Process | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self._made = 0
        self._fresh = False

    def written(self, rows: Rows, reached: Mapping[Partition, int], begun: Mapping[Partition, int]) -> None:
        """Pass on what has been written."""
        self._put(Written(rows, reached, begun))

    def computed(self, tables: Mapping[str, bytes]) -> None:
        """Pass on the tables of the batch."""
        self._put(Computed(tables))

    def renew(self) -> None:
        """Start again from a new copy, because the file was replaced."""
        self._fresh = True
        self._changed.set()

    async def run(self, writer: duckdb.DuckDBPyConnection, writing: asyncio.Lock) -> None:
        """Keep a process serving until cancelled.

        Args:
            writer: A connection to the file, for its checkpoint before a copy is made.
            writing: Held while something is written.
        """
        pause = _FIRST_PAUSE
        while True:
            if self._serving is None or not self._serving.useful or self._fresh:
                self._fresh = False
                try:
                    await self._make(writer, writing)
                    pause = _FIRST_PAUSE
                except Exception as error:
                    # What comes in is stored all the same.
                    _log.error("readers must wait: %s", type_and_frames(error))
                    self._fresh = True
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
                    continue
            self._changed.clear()
            await self._changed.wait()
            if not self._fresh:
                _log.warning("a new process for readers is made from a fresh copy")

    async def end(self) -> None:
        """End all processes and remove their copies."""
        for process in (self._serving, self._starting):
            if process:
                await process.end()
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)
        self._remove_copies(None)

    def _put(self, frame: Frame) -> None:
        encoded = None
        for process in (self._serving, self._starting):
            if process and process.useful:
                encoded = encoded or encode(frame)
                process.put(encoded)

    async def _make(self, writer: duckdb.DuckDBPyConnection, writing: asyncio.Lock) -> None:
        copy = self._copy()
        process = _Process(await self._spawn(), self._replace, self._changed)
        self._starting = process
        try:
            async with writing:
                await asyncio.to_thread(_checkpoint, writer)
                process.put(encode(self._start(copy)))
            try:
                await process.wait_for(process.copied)
            finally:
                await asyncio.to_thread(_set_wal, writer, _WAL)
            process.put(encode(Serve()))
            await process.wait_for(process.serving)
        except BaseException:
            await process.end()
            raise
        finally:
            self._starting = None
        before, self._serving = self._serving, process
        if before:
            task = asyncio.create_task(before.retire())
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)
            task.add_done_callback(lambda _: self._remove_copies(copy))
        else:
            self._remove_copies(copy)

    def _copy(self) -> Path:
        self._made += 1
        return self._settings.store_path.with_suffix(f".readers-{os.getpid()}-{self._made}.duckdb")

    def _remove_copies(self, kept: Path | None) -> None:
        path = self._settings.store_path
        for part in path.parent.glob(f"{path.stem}.readers-*"):
            if kept is None or not part.name.startswith(kept.stem):
                with suppress(OSError):
                    _remove(part)

    def _start(self, copy: Path) -> Start:
        settings, share = self._settings, getattr(self._listener, "share", None)
        return Start(
            file=settings.store_path,
            copy=copy,
            listener=share(os.getpid()) if share else self._listener.fileno(),
            token=digest_of(settings.secret("store_token")),
            tokens=settings.store_tokens_path,
            limits=self._limits,
        )

    async def _spawn(self) -> asyncio.subprocess.Process:
        # It needs no secret, so it gets none.
        own = {name: value for name, value in os.environ.items() if not name.startswith("WELLSTREAM_")}
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "streams.store.reader_process",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=own,
            pass_fds=() if sys.platform == "win32" else (self._listener.fileno(),),
        )  # fmt: skip


def computed_tables(connection: duckdb.DuckDBPyConnection) -> dict[str, bytes]:
    """The tables that the batch computes, as Arrow streams."""
    found = {}
    for table in COMPUTED:
        content = connection.execute(f"select * from {table.name}").to_arrow_table()  # noqa: S608 - our own names
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, content.schema) as stream:
            stream.write_table(content)
        found[table.name] = sink.getvalue().to_pybytes()
    return found


def _checkpoint(writer: duckdb.DuckDBPyConnection) -> None:
    """Bring everything into the file, and leave the file as it is until the copy is made.

    What is written meanwhile goes to the log beside it: blocks that the file's last checkpoint uses are never
    written to before the next one.
    """
    _set_wal(writer, _WAL_WHILE_COPYING)
    for attempt in range(_TRIES):
        try:
            writer.execute("checkpoint")
        except duckdb.TransactionException:
            # The batch is writing its tables.
            if attempt + 1 == _TRIES:
                raise
            time.sleep(_TRY_SECONDS)
        else:
            return


def _set_wal(writer: duckdb.DuckDBPyConnection, size: str) -> None:
    writer.execute(f"set global wal_autocheckpoint = '{size}'")


def _remove(part: Path) -> None:
    if part.is_dir():
        for inner in part.iterdir():
            inner.unlink()
        part.rmdir()
    else:
        part.unlink()
