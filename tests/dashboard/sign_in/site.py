"""The real dashboard as a process of its own, over a real store that counts what it is asked."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.sign_in.accounts import AccountFile, Role
from schemas.clock import now
from streams.store.endpoint import Endpoint
from streams.store.limits import Limits
from streams.store.reader_server import HttpServer
from streams.store.tokens import Holders, digest_of
from wellstream.local.kafka import free_port

TOKEN = "a token for the store of this test"
NAME, FOUR_WORDS = "ann", "four little words here"
_START_SECONDS = 60.0


class CountingStore:
    """The store's endpoint on a free port."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.port = free_port()
        self.asked = 0
        connection.execute("set global timezone = 'UTC'")
        limits = Limits()
        endpoint = Endpoint(connection, Holders(digest_of(TOKEN), None), limits, None, os.abort)
        self._app: ASGIApp = endpoint.app()
        listener = socket.create_server(("127.0.0.1", self.port))
        self.server = HttpServer(self, listener, limits)
        self.server.start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        await self._app(scope, receive, send)


@dataclass
class Site:
    """A dashboard that runs."""

    url: str
    home: Path
    log: Path
    store: CountingStore
    port: int

    @property
    def accounts(self) -> AccountFile:
        return AccountFile(self.home / "dashboard-users.json")


def environment(home: Path, store: CountingStore, port: int, **settings: str) -> dict[str, str]:
    """The environment of a dashboard's process, with no other settings than these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WELLSTREAM_")}
    given = {f"WELLSTREAM_{name.upper()}": value for name, value in settings.items()}
    return kept | {
        "WELLSTREAM_HOME": str(home),
        "WELLSTREAM_STORE_HOST": "127.0.0.1",
        "WELLSTREAM_STORE_PORT": str(store.port),
        "WELLSTREAM_STORE_TOKEN": TOKEN,
        "WELLSTREAM_DASHBOARD_PORT": str(port),
        **given,
    }


@contextmanager
def running(command: list[str], env: dict[str, str], log: Path, port: int) -> Iterator[None]:
    """Run a dashboard until the end of the test."""
    with log.open("ab") as file:
        process = subprocess.Popen(command, env=env, stdout=file, stderr=subprocess.STDOUT)
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def serving(home: Path, store: CountingStore, at: int = 0, **settings: str) -> Iterator[Site]:
    """Run `wellstream serve dashboard` with these settings, on a free port or on that one."""
    port = at or free_port()
    home.mkdir(parents=True, exist_ok=True)
    log, command = home / "dashboard.log", [sys.executable, "-m", "wellstream", "serve", "dashboard"]
    with running(command, environment(home, store, port, **settings), log, port):
        yield Site(f"http://127.0.0.1:{port}", home, log, store, port)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/_stcore/health").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"the dashboard did not start: {log.read_text()}")


def add_account(home: Path, name: str = NAME, password: str = FOUR_WORDS) -> AccountFile:
    """Make an account as the command does."""
    file = AccountFile(home / "dashboard-users.json")
    file.add(name, password, Role.RESEARCHER, now())
    return file
