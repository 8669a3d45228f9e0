"""No client holds up the gateway: real sockets against the real server, with short times."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from producers.gateway.connections import HEADER_BYTES, ConnectionLimits
from producers.gateway.middleware import read_body
from producers.gateway.server import http_server, listen

LIMITS = ConnectionLimits(connections=5, header_seconds=0.3, body_seconds=0.3, response_seconds=0.3)
LARGE = b"x" * 32 * 1024 * 1024
WITHIN = 5.0
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await read_body(request))))


async def _flood(_: Request) -> Response:
    return Response(LARGE)


@pytest.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    app = Starlette(routes=[Route("/", _echo, methods=["GET", "POST"]), Route("/flood", _flood)])
    server = http_server(app, LIMITS)
    with listen("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await asyncio.wait_for(serving, 30)


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def sent(port: int, *parts: bytes, pause: float = 0) -> bytes:
    """What comes back until the server closes the connection."""
    async with connected(port) as (reader, writer):
        answer = asyncio.create_task(reader.read())
        with suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
        try:
            return await asyncio.wait_for(answer, WITHIN)
        except ConnectionError:
            return b""


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
    ],
    ids=["says nothing", "headers byte by byte", "the same in a second request", "body byte by byte"],
)
async def test_who_takes_long_is_cut_off(port: int, parts: tuple[bytes, ...], pause: float) -> None:
    async with asyncio.timeout(WITHIN):
        answer = await sent(port, *parts, pause=pause)
    assert answer.count(b"HTTP/1.1 ") == parts.count(GET)


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


async def test_a_request_under_way_makes_room_for_nobody(port: int) -> None:
    start = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
    async with AsyncExitStack() as held:
        reader, writer = await held.enter_async_context(connected(port))
        writer.write(start + b"a")
        await writer.drain()
        for _ in range(2 * LIMITS.connections):
            await held.enter_async_context(connected(port))
        writer.write(b"b")
        assert (await asyncio.wait_for(reader.read(), WITHIN)).endswith(b"\r\n\r\n2")


async def test_a_connection_can_be_used_again(port: int) -> None:
    async with connected(port) as (reader, writer):
        for _ in range(3):
            writer.write(GET)
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n0"), WITHIN)
            await asyncio.sleep(LIMITS.header_seconds / 2)
