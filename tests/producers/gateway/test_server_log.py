"""The server itself writes no path, query or header to a log: they contain secrets, numbers and texts."""

import asyncio
import logging
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from producers.gateway.middleware import UnexpectedErrors
from schemas.http_server import ConnectionLimits, http_server

SAID = "+447700900123 said something private"


async def _fail(_: object) -> PlainTextResponse:
    raise RuntimeError(SAID)


async def _broken() -> PlainTextResponse:
    return PlainTextResponse("something went wrong", 500)


async def test_no_secret_path_stands_in_a_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    application = Starlette(
        routes=[Route("/sms/kannel/{secret}", _fail)],
        middleware=[Middleware(UnexpectedErrors, where="the gateway", answer=_broken)],
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = http_server(application, ConnectionLimits())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    port = listener.getsockname()[1]
    with caplog.at_level(logging.INFO, "uvicorn"):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            path = "/sms/kannel/unguessable?sender=%2B447700900123&text=private"
            assert (await client.get(path)).status_code == 500
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /sms/kannel/unguessable\xff\x00private HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.read(200)
        writer.close()
    server.should_exit = True
    await serving
    output = capfd.readouterr()
    written = caplog.text + output.out + output.err
    assert "RuntimeError" in written
    for secret in ("unguessable", "7700900", "private"):
        assert secret not in written
