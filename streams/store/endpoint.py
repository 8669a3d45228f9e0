"""What the store answers: a query in, an Arrow stream out, each within its limits.

`POST /query` takes SQL as its body and a token as `Authorization: Bearer ...`; `?seconds=` asks for another
limit of time. A refusal is one sentence with a status of 400 or more.
"""

import asyncio
import errno
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from typing import IO, Any

import duckdb
import pyarrow as pa
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from streams.store.limits import Limits
from streams.store.permission import LONGEST, RELATIONS, NotPermitted, Permission
from streams.store.tokens import Holders, Token

ARROW = "application/vnd.apache.arrow.stream"
Rebuilt = Callable[[list[str]], Awaitable[tuple[int, str]]]
"""Asks for the rebuilt file to be put in place; tables that may lose rows in, status and text out."""

_ROWS = 8192
_CHUNK = 256 * 1024
_IN_MEMORY = 4 * 1024 * 1024
_INTERRUPT_SECONDS = 0.2
_CLOSE = {"connection": "close", "cache-control": "no-store"}


class _TooLarge(Exception):
    """The result is beyond its limit."""


class _TimeOver(Exception):
    """The query took too long."""


class Endpoint:
    """The application; one for each process that serves readers.

    Args:
        connection: Queries run on cursors of it.
        holders: Whose tokens are accepted.
        limits: What a query may use.
        folder: For results that do not fit into memory; None for the system's.
        end_process: Called when a query cannot be stopped.
        rebuilt: Asks for a rebuilt store; None where that is not possible.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        holders: Holders,
        limits: Limits,
        folder: str | None,
        end_process: Callable[[], None],
        rebuilt: Rebuilt | None = None,
    ) -> None:
        self._connection = connection
        self._holders = holders
        self._limits = limits
        self._folder = folder
        self._end_process = end_process
        self._rebuilt = rebuilt
        self._permissions = {role: Permission(relations) for role, relations in RELATIONS.items()}
        self._all = asyncio.Semaphore(limits.at_once)
        self._by_token: dict[str, asyncio.Semaphore] = {}
        self._threads = ThreadPoolExecutor(limits.at_once, thread_name_prefix="query")

    def app(self) -> Starlette:
        """The routes."""
        return Starlette(
            routes=[
                Route("/query", self._query, methods=["POST"]),
                Route("/rebuilt", self._put_in_place, methods=["POST"]),
            ]
        )

    def _holder(self, request: Request) -> Token | None:
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        return self._holders.find(text.strip()) if kind.lower() == "bearer" else None

    async def _query(self, request: Request) -> Response:
        holder = self._holder(request)
        if holder is None:
            return _refusal(401, "the store does not know this token; ask whoever runs the study for one")
        seconds = _seconds(request.query_params.get("seconds"), self._limits)
        if seconds is None:
            return _refusal(400, f"seconds must be a number from 0 to {self._limits.most_seconds:.0f}")
        try:
            query = await _body(request, self._limits.asking_seconds)
            return await self._answer(request, holder, query, seconds)
        except (NotPermitted, UnicodeDecodeError) as error:
            told = str(error) if isinstance(error, NotPermitted) else "the query is not UTF-8"
            return _refusal(403, told)
        except ClientDisconnect:
            return _refusal(499, "the client has left")

    async def _answer(self, request: Request, holder: Token, query: str, seconds: float) -> Response:
        permission = self._permissions[holder.role]
        own = self._by_token.setdefault(holder.name, asyncio.Semaphore(self._limits.at_once_by_token))
        async with AsyncExitStack() as held:
            gone = asyncio.create_task(_until_gone(request))
            held.callback(gone.cancel)
            try:
                async with asyncio.timeout(seconds):
                    for slots in (own, self._all):
                        await slots.acquire()
                        held.callback(slots.release)
            except TimeoutError:
                return _refusal(503, "the store is busy with other queries; try again in a minute")
            result = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=self._folder)  # noqa: SIM115 - `held` closes it
            held.callback(result.close)
            try:
                await self._run(permission, query, result, gone, seconds)
            except (duckdb.Error, pa.ArrowException, _TooLarge, _TimeOver, MemoryError, OSError) as error:
                return _refusal(*_explained(error, self._limits, seconds))
            return _Result(result, held.pop_all(), self._limits.sending_seconds)

    async def _run(
        self,
        permission: Permission,
        query: str,
        result: Any,
        gone: "asyncio.Task[None]",
        seconds: float,
    ) -> None:
        cursor = self._connection.cursor()
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(
            self._threads, _write_result, permission, cursor, query, result, self._limits.result_bytes
        )
        await asyncio.wait({running, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            over = not gone.done()
            await self._stop(cursor, running)
            with suppress(duckdb.Error, pa.ArrowException, _TooLarge):
                running.result()
            raise _TimeOver if over else ClientDisconnect
        running.result()

    async def _stop(self, cursor: duckdb.DuckDBPyConnection, running: "asyncio.Future[None]") -> None:
        until = asyncio.get_running_loop().time() + self._limits.stopping_seconds
        while not running.done() and asyncio.get_running_loop().time() < until:
            cursor.interrupt()  # one that comes before the query has begun is forgotten
            await asyncio.wait({running}, timeout=_INTERRUPT_SECONDS)
        if not running.done():
            self._end_process()

    async def _put_in_place(self, request: Request) -> Response:
        holder = self._holder(request)
        if holder is None or not holder.operates or self._rebuilt is None:
            return _refusal(403, "only the store's own token may replace the store, and only where it runs")
        try:
            tables = (await _body(request, self._limits.asking_seconds)).split()
        except (NotPermitted, UnicodeDecodeError, ClientDisconnect):
            return _refusal(400, "the tables that may lose rows cannot be read")
        return _refusal(*await self._rebuilt(tables))


def _write_result(
    permission: Permission, cursor: duckdb.DuckDBPyConnection, query: str, result: IO[bytes], most: int
) -> None:
    try:
        found = cursor.execute(permission.permit(query)).to_arrow_reader(_ROWS)
        with pa.ipc.new_stream(result, found.schema) as stream:
            for batch in found:
                if result.tell() + batch.nbytes > most:
                    raise _TooLarge
                stream.write_batch(batch)
    finally:
        cursor.close()


class _Result(Response):
    """A result on its way to the client, with what is held for it."""

    def __init__(self, result: Any, held: AsyncExitStack, seconds: float) -> None:
        super().__init__()
        self._result = result
        self._held = held
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held:
            self._result.seek(0)
            sent = StreamingResponse(_chunks(self._result), media_type=ARROW, headers=_CLOSE)
            # A client that does not fetch its result in time finds the connection closed.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await sent(scope, receive, send)


async def _chunks(result: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := result.read(_CHUNK):
        yield chunk


async def _body(request: Request, seconds: float) -> str:
    parts, size = [], 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > 4 * LONGEST:
                    raise NotPermitted(
                        f"the query is longer than {LONGEST} characters; ask for less at a time"
                    )
                parts.append(part)
    except TimeoutError:
        raise NotPermitted(f"the query did not arrive within {seconds:.0f} s") from None
    return b"".join(parts).decode()


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _seconds(text: str | None, limits: Limits) -> float | None:
    if text is None:
        return limits.seconds
    try:
        asked = float(text)
    except ValueError:
        return None
    return asked if 0 < asked <= limits.most_seconds else None


def _refusal(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence, status, headers=_CLOSE)


def _explained(error: Exception, limits: Limits, seconds: float) -> tuple[int, str]:
    less = "ask for fewer rows, or for aggregates"
    match error:
        case _TimeOver():
            return 408, f"the query took longer than {seconds:g} s and was ended; {less}"
        case _TooLarge():
            return 413, f"the result is larger than {limits.result_bytes // 2**20} MB; {less}"
        case duckdb.OutOfMemoryException() | MemoryError():
            return 413, f"the query needs more than the {limits.memory_mb} MB that all queries have; {less}"
        case OSError() if error.errno == errno.ENOSPC:
            return 507, "the store's disk is full, so the result has no place; free some space"
        case _:
            told = str(error).split("LINE 1:")[0].strip()[:500]
            return 400, told or type(error).__name__
