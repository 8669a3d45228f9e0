"""No client holds up the gateway: real sockets against the real server, with short times."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from producers.gateway.middleware import UnexpectedErrors, read_body
from producers.gateway.server import listen
from schemas.http_server import HEADER_BYTES, ConnectionLimits, http_server

LIMITS = ConnectionLimits(connections=5, header_seconds=0.3, body_seconds=0.3, response_seconds=0.3)
LARGE = b"x" * 32 * 1024 * 1024
WITHIN = 5.0
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LENGTH = 30
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % LENGTH
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
PATIENT = ConnectionLimits(connections=5)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await read_body(request))))


async def _flood(_: Request) -> Response:
    return Response(LARGE)


async def _slow(_: Request) -> Response:
    await asyncio.sleep(0.3)
    return PlainTextResponse("done")


async def _broken() -> Response:
    return Response(status_code=500)


async def _whence(request: Request) -> Response:
    return PlainTextResponse(request.client.host if request.client else "")


@asynccontextmanager
async def serving(limits: ConnectionLimits) -> AsyncIterator[int]:
    app = Starlette(
        routes=[
            Route("/", _echo, methods=["GET", "POST"]),
            Route("/flood", _flood),
            Route("/slow", _slow, methods=["GET", "POST"]),
            Route("/whence", _whence),
        ],
        middleware=[Middleware(UnexpectedErrors, where="a test", answer=_broken)],
    )
    server = http_server(app, limits, grace_seconds=1)
    with listen("127.0.0.1", 0) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await asyncio.wait_for(task, 30)


@pytest.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    async with serving(LIMITS) as port:
        yield port


@pytest.fixture(scope="module")
async def patient() -> AsyncIterator[int]:
    """A server whose limits of time are never reached."""
    async with serving(PATIENT) as port:
        yield port


@asynccontextmanager
async def connected(port: int, source: str = "127.0.0.1") -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def sent(port: int, *parts: bytes, pause: float = 0) -> bytes:
    """What comes back until the server closes the connection."""
    async with connected(port) as (reader, writer):
        answer = asyncio.create_task(_all(reader))
        with suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
        return await asyncio.wait_for(answer, WITHIN)


async def _all(reader: asyncio.StreamReader) -> bytes:
    found = bytearray()
    with suppress(ConnectionError):
        while part := await reader.read(65536):
            found += part
    return bytes(found)


async def answered(port: int) -> bool:
    return (await sent(port, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))).startswith(
        b"HTTP/1.1 200"
    )


@pytest.mark.parametrize(
    "start",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nCookie: ",
        b"GET /" + b"a" * HEADER_BYTES,
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 100_000,
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\x00" * 100,
    ],
    ids=["header", "address", "many headers", "TLS", "nothing"],
)
async def test_what_is_too_long_or_no_http_is_refused_at_once(port: int, start: bytes) -> None:
    answer = await sent(port, start, *[LARGE[: 1024 * 1024]] * 32)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert await answered(port)


@pytest.mark.parametrize(
    ("parts", "pause"),
    [
        ((b"",), 0.0),
        ((b"GET / HTTP/1.1\r\n", *[b"A: b\r\n"] * 100), 0.05),
        ((GET, b"GET / HTTP/1.1\r\n", *[b"A: b\r\n"] * 100), 0.05),
        ((b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", *[b"a"] * 100), 0.05),
        ((GET + POST,), 0.0),
        ((GET + POST + b"a",), 0.0),
        ((GET + b"GET / HTTP",), 0.0),
    ],
    ids=[
        "says nothing",
        "headers byte by byte",
        "the same in a second request",
        "body byte by byte",
        "a second request without its body",
        "with half its body",
        "with half its headers",
    ],
)
async def test_who_takes_long_is_cut_off(port: int, parts: tuple[bytes, ...], pause: float) -> None:
    async with asyncio.timeout(WITHIN):
        answer = await sent(port, *parts, pause=pause)
    assert answer.count(b"HTTP/1.1 ") == b"".join(parts).count(GET)


async def test_who_does_not_take_the_answer_is_cut_off(port: int) -> None:
    async with connected(port) as (reader, writer):
        writer.write(GET.replace(b"/ ", b"/flood ", 1))
        await asyncio.sleep(2 * LIMITS.response_seconds)
        with suppress(ConnectionError):
            assert len(await reader.read()) < len(LARGE)


async def test_idle_connections_make_room(port: int) -> None:
    async with AsyncExitStack() as held:
        for _ in range(4 * LIMITS.connections):
            await held.enter_async_context(connected(port))
        assert await answered(port)


@pytest.mark.parametrize(
    "start",
    [POST, POST + b"a", b"GET / HTTP/1.1\r\nHost", GET + POST, b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n"],
    ids=["no body", "half a body", "half headers", "half a second request", "answer not taken"],
)
async def test_who_leaves_us_waiting_makes_room(patient: int, start: bytes) -> None:
    async with AsyncExitStack() as held:
        for _ in range(4 * PATIENT.connections):
            _, writer = await held.enter_async_context(connected(patient))
            writer.write(start)
            with suppress(ConnectionError):
                await writer.drain()
        async with asyncio.timeout(WITHIN):
            assert await answered(patient)


async def test_who_goes_on_sending_is_not_crowded_out(patient: int) -> None:
    """A telephone with a weak signal, while others open connections and say nothing."""
    async with AsyncExitStack() as held:
        reader, writer = await held.enter_async_context(connected(patient))
        writer.write(POST.replace(b"Host: x", b"Host: x\r\nConnection: close"))
        for _ in range(LENGTH):
            writer.write(b"a")
            await writer.drain()
            for _ in range(PATIENT.connections - 2):
                await held.enter_async_context(connected(patient))
            await asyncio.sleep(0.01)
        assert (await asyncio.wait_for(reader.read(), WITHIN)).endswith(b"\r\n\r\n%d" % LENGTH)


async def test_one_of_many_from_an_address_goes_before_a_slow_one_from_another() -> None:
    async with serving(ConnectionLimits(connections=50)) as port, AsyncExitStack() as held:
        reader, writer = await held.enter_async_context(connected(port, source="127.0.0.2"))
        writer.write(POST.replace(b"Host: x", b"Host: x\r\nConnection: close"))
        await writer.drain()
        for _ in range(250):
            await held.enter_async_context(connected(port))
            await asyncio.sleep(0.002)
        writer.write(b"a" * LENGTH)
        assert (await asyncio.wait_for(reader.read(), WITHIN)).endswith(b"\r\n\r\n%d" % LENGTH)


async def test_an_answer_being_made_makes_room_for_nobody(patient: int) -> None:
    async with AsyncExitStack() as held:
        reader, writer = await held.enter_async_context(connected(patient))
        writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await writer.drain()
        for _ in range(2 * PATIENT.connections):
            await held.enter_async_context(connected(patient))
        assert (await asyncio.wait_for(reader.read(), WITHIN)).endswith(b"\r\n\r\ndone")


async def test_a_body_in_crumbs_is_refused_and_delays_nobody(port: int) -> None:
    """Each chunk costs the same work: a quarter of a megabyte of them took a second of the processor."""
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            begun = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - begun)

    watching = asyncio.create_task(watch())
    answer = await sent(port, CHUNKED + b"1\r\na\r\n" * 40_000)
    watching.cancel()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert longest < 0.3
    assert await answered(port)


@pytest.mark.parametrize(("headers", "status"), [(98, b"200"), (101, b"400")])
@pytest.mark.parametrize("before", [(), (GET,)], ids=["first", "second"])
async def test_a_request_has_at_most_a_hundred_headers(
    port: int, before: tuple[bytes, ...], headers: int, status: bytes
) -> None:
    """Three thousand of them cost fifty milliseconds, for each look at one goes through all."""
    request = POST.replace(
        b"Host: x", b"Host: x\r\nConnection: close\r\n" + b"\r\n".join([b"a:b"] * (headers - 3))
    )
    answer = await sent(port, *before, request + b"\n" * LENGTH, pause=0.1)
    assert answer.rpartition(b"HTTP/1.1 ")[2].startswith(status)


@pytest.mark.parametrize(("chunks", "status"), [(256, b"200"), (257, b"400")])
async def test_a_body_comes_in_at_most_256_chunks(port: int, chunks: int, status: bytes) -> None:
    body = CHUNKED.replace(b"Host: x", b"Host: x\r\nConnection: close") + b"1\r\na\r\n" * chunks
    assert (await sent(port, body + b"0\r\n\r\n")).startswith(b"HTTP/1.1 " + status)


async def test_whoever_sends_many_requests_at_once_is_answered_one(port: int) -> None:
    assert (await sent(port, GET * 50)).count(b"HTTP/1.1 200") == 1


@pytest.mark.parametrize(
    "after",
    [b"no chunk\r\n", b"1\r\na\r\n" * 300],
    ids=["not a chunk", "too many"],
)
async def test_what_follows_an_answer_that_came_early_is_no_fault_of_ours(
    port: int, after: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(port) as (reader, writer):
        writer.write(CHUNKED.replace(b"POST / ", b"POST /nowhere "))
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\nNot Found"), WITHIN)
        writer.write(after)
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), WITHIN) == b""
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_an_unreadable_body_leaves_no_traceback(port: int, caplog: pytest.LogCaptureFixture) -> None:
    for after in (b"no chunk\r\n", b"1\r\na\r\n" * 300):
        for path in (b"/", b"/slow"):
            await sent(port, CHUNKED.replace(b"POST / ", b"POST %s " % path), after, pause=0.05)
    await asyncio.sleep(0.5)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_flood_of_unreadable_requests_is_a_line_with_a_count(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schemas.http_server._SAID_EVERY_SECONDS", 0.5)
    with caplog.at_level(logging.INFO):
        async with serving(LIMITS) as port:
            for _ in range(20):
                assert (await sent(port, b"nonsense\r\n\r\n")).startswith(b"HTTP/1.1 400")
                await sent(port, GET.replace(b"Host", b"Connection: close, upgrade\r\nUpgrade: h2c\r\nHost"))
            async with asyncio.timeout(WITHIN):
                while not _counted(caplog) >= 20:
                    await asyncio.sleep(0.05)
    assert _counted(caplog) == 20
    assert len(caplog.records) <= 5


def _counted(caplog: pytest.LogCaptureFixture) -> int:
    return sum(
        int(record.message.rsplit(" ", 1)[1]) for record in caplog.records if "readable" in record.message
    )


async def test_a_client_is_where_it_connects_from_whatever_it_says(port: int) -> None:
    request = GET.replace(b"GET / ", b"GET /whence ").replace(
        b"Host: x", b"Host: x\r\nConnection: close\r\nX-Forwarded-For: 198.51.100.1"
    )
    assert (await sent(port, request)).endswith(b"\r\n\r\n127.0.0.1")


async def test_a_connection_can_be_used_again(port: int) -> None:
    async with connected(port) as (reader, writer):
        for _ in range(3):
            writer.write(GET)
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n0"), WITHIN)
            await asyncio.sleep(LIMITS.header_seconds / 2)
