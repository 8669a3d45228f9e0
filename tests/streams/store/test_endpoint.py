"""No query, client or token takes more than its share, and none keeps another from being answered."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import duckdb
import httpx
import pyarrow as pa
import pytest

from streams.store.client import NotAllowed, Reader, StoreUnavailable
from streams.store.limits import Limits
from streams.store.reader_process import lock
from streams.store.writer import open_store
from tests.served import serve_read_only
from wellstream.local.kafka import free_port

LIMITS = Limits(
    seconds=30, most_seconds=60, at_once=3, at_once_by_token=2, result_bytes=1_000_000, connections=20,
    asking_seconds=0.5,
)  # fmt: skip
ENDLESS = "select count(*) from range(100000000) a, range(100000000) b"
TOKEN = {"authorization": "Bearer token"}


class Served:
    def __init__(self, limits: Limits = LIMITS) -> None:
        self.connection = open_store(":memory:")
        self.connection.execute("set memory_limit = '200MB'")
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.server = serve_read_only(self.connection, "127.0.0.1", self.port, "token", limits)

    def reader(self, seconds: float = 30) -> Reader:
        return Reader(self.uri, "token", seconds)

    def connect(self, text: str = "") -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        made.sendall(text.encode())
        return made


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.server.stop()


def test_a_query_is_ended_at_its_limit_of_time(served: Served) -> None:
    with pytest.raises(NotAllowed, match=r"took longer than 0.2 s"):
        served.reader(0.2).query(ENDLESS)
    assert served.reader().query("select 1 as one")["one"][0] == 1


def test_a_query_is_ended_at_its_limit_of_memory(served: Served) -> None:
    with pytest.raises(NotAllowed, match="needs more than"):
        served.reader().query("select string_agg(repeat('x', 1000)) from range(10000000)")


def test_a_query_is_ended_at_the_limit_of_its_result(served: Served) -> None:
    with pytest.raises(NotAllowed, match="larger than"):
        served.reader().query("select * from range(100000000)")


def test_a_query_ends_when_its_client_leaves(served: Served) -> None:
    """Both places of the token are taken by queries whose clients leave; a third gets its turn."""
    for _ in range(2):
        client = served.connect(
            f"POST /query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token\r\n"
            f"Content-Length: {len(ENDLESS)}\r\n\r\n{ENDLESS}"
        )
        client.close()
    assert served.reader(20).query("select 1 as one")["one"][0] == 1


def test_one_token_does_not_take_all_places(served: Served) -> None:
    threads = [threading.Thread(target=_refused, args=(served.reader(2), ENDLESS)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert served.reader().query("select 1 as one")["one"][0] == 1


def _refused(reader: Reader, query: str) -> None:
    with pytest.raises((NotAllowed, StoreUnavailable)):
        reader.query(query)


def test_half_open_connections_keep_nobody_out(served: Served) -> None:
    held = [served.connect("POST /query HTTP/1.1\r\n") for _ in range(200)]
    assert served.reader().query("select 1 as one")["one"][0] == 1
    assert all(one.recv(1) == b"" for one in held[-20:]), "those that never ask are closed"
    for one in held:
        one.close()


def test_a_connection_that_trickles_its_query_is_closed(served: Served) -> None:
    held = served.connect(
        "POST /query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token\r\nContent-Length: 100\r\n\r\nsel"
    )
    assert b"did not arrive" in held.recv(4096)
    held.close()


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, "select 1", 401),
        ({"authorization": "Bearer other"}, "select 1", 401),
        ({"authorization": "token"}, "select 1", 401),
        (TOKEN, "x" * 2_000_000, 403),
        (TOKEN, b"\xff", 403),
        (TOKEN, "select nothing", 400),
        (TOKEN | {"seconds": "x"}, "select 1", 200),
    ],
)
def test_what_is_asked_badly_is_refused(
    served: Served, headers: dict[str, str], body: str | bytes, status: int
) -> None:
    answer = httpx.post(f"{served.uri}/query", headers=headers, content=body, trust_env=False)
    assert answer.status_code == status
    assert answer.is_error != (answer.headers["content-type"].startswith("application/vnd.apache.arrow"))


def test_headers_have_a_limit(served: Served) -> None:
    held = served.connect("POST /query HTTP/1.1\r\n")
    with suppress(ConnectionError):
        for _ in range(100):
            held.sendall(b"long: " + b"x" * 10_000 + b"\r\n")
        assert held.recv(4096).startswith((b"HTTP/1.1 400", b""))
        assert b"200" not in held.recv(4096)
    held.close()
    assert served.reader().query("select 1 as one")["one"][0] == 1


@pytest.mark.parametrize("seconds", ["x", "-1", "0", "61", "nan", "inf"])
def test_a_limit_of_time_that_is_none_is_refused(served: Served, seconds: str) -> None:
    answer = httpx.post(
        f"{served.uri}/query?seconds={seconds}", headers=TOKEN, content="select 1", trust_env=False
    )
    assert answer.status_code == 400


def test_a_notebook_reads_a_result_in_three_lines(served: Served) -> None:
    answer = httpx.post(f"{served.uri}/query", headers=TOKEN, content="show tables", trust_env=False)
    names = pa.ipc.open_stream(answer.content).read_all()["name"].to_pylist()
    assert {"checkins", "participants", "prompt_log"} <= set(names)


def test_a_locked_database_reaches_no_file_and_changes_no_setting() -> None:
    """Behind the rule on queries stands DuckDB's own lock."""
    with duckdb.connect() as connection:
        lock(connection)
        cursor = connection.cursor()
        for query in (
            "from read_text('/etc/hostname')", "attach '/tmp/x.duckdb'", "copy (select 1) to '/tmp/x.csv'",
            "set memory_limit = '1TB'", "set enable_external_access = true", "install httpfs", "load httpfs",
        ):  # fmt: skip
            with pytest.raises(duckdb.Error, match=r"disabled|locked"):
                cursor.execute(query)
