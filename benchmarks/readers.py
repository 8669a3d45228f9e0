"""Measures what readers do to the writer: commits beside cross joins and half-open connections, and memory.

Needs no Kafka: the writer commits rows as the store does, with its process for readers beside it.
"""

import asyncio
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from pydantic import SecretStr

from schemas.clock import now
from schemas.settings import Settings
from streams.store.client import NotAllowed, Reader, StoreUnavailable
from streams.store.feed import Feed
from streams.store.frames import Replaced
from streams.store.limits import Limits
from streams.store.schema import Rows
from streams.store.tokens import Role, TokenFile
from streams.store.writer import open_store, write

_COMMITS = 300
_ROWS = 20
_CROSS_JOIN = (
    "select a.detail || b.detail as both, count(*) from dead_letters a, dead_letters b, dead_letters c "
    "group by all"
)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        settings = Settings(
            home=Path(folder), store_host="127.0.0.1", store_port=listener.getsockname()[1],
            store_token=SecretStr("token"),
        )  # fmt: skip
        await _measure(settings, listener)


async def _measure(settings: Settings, listener: socket.socket) -> None:
    owner, writing = open_store(settings.store_path), asyncio.Lock()
    connection = owner.cursor()
    feed = Feed(settings, listener, _refuse, Limits())
    running = asyncio.create_task(feed.run(owner.cursor(), writing))
    reader = Reader(settings.store_uri, "token")
    started = time.perf_counter()
    await asyncio.to_thread(reader.query, "select 1")
    print(f"readers served after {time.perf_counter() - started:.1f} s")
    total = 0
    for what, load in (("alone", 0), ("4 cross joins", 4), ("600 half-open connections", -600)):
        with _load(settings, load):
            await asyncio.sleep(1)
            took = []
            for _ in range(_COMMITS):
                rows = _rows(total)
                began = time.perf_counter()
                async with writing:
                    await asyncio.to_thread(write, connection, rows, {("t", 0): total})
                    took.append(time.perf_counter() - began)
                    feed.written(rows, {("t", 0): total}, {})
                total += _ROWS
                await asyncio.sleep(0.01)
            began = time.perf_counter()
            await asyncio.to_thread(_until, reader, total)
            print(f"{what}: commits {_summary(took)}; the last one readable after "
                  f"{time.perf_counter() - began:.2f} s; {_memory()}")  # fmt: skip
    began = time.perf_counter()
    running.cancel()
    await asyncio.wait({running})
    await feed.end()
    print(f"ended after {time.perf_counter() - began:.2f} s")


async def _refuse(accept_loss: list[str]) -> Replaced:
    return Replaced(409, "")


def _until(reader: Reader, total: int) -> None:
    while int(reader.query("select count(*) as n from dead_letters")["n"][0]) < total:
        time.sleep(0.01)


@contextmanager
def _load(settings: Settings, many: int) -> Iterator[None]:
    stop = threading.Event()
    token = TokenFile(settings.store_tokens_path).add(f"load{many}", Role.STAFF, now())

    def ask() -> None:
        reader = Reader(settings.store_uri, token, 20)
        while not stop.is_set():
            with suppress(NotAllowed, StoreUnavailable):
                reader.query(_CROSS_JOIN)

    def hold(_: int) -> socket.socket:
        held = socket.create_connection(("127.0.0.1", settings.store_port))
        held.sendall(b"POST /query HTTP/1.1\r\n")
        return held

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(many)]
    for thread in threads:
        thread.start()
    held = [hold(n) for n in range(-many)]
    yield
    stop.set()
    for one in held:
        one.close()


def _rows(first: int) -> Rows:
    from streams.store.ingest import rows_of
    from streams.store.projection import project

    class Record:
        topic, partition, key, value = "checkins.v1", 0, b"k", b"no event"

        def __init__(self, offset: int) -> None:
            self.offset = offset

    rows: Rows = {}
    for letter in rows_of([Record(first + n) for n in range(_ROWS)])[1]:
        for name, more in project(letter).items():
            rows.setdefault(name, []).extend(more)
    return rows


def _summary(took: list[float]) -> str:
    parts = statistics.quantiles(took, n=100)
    median, high, most = (1000 * one for one in (parts[49], parts[98], max(took)))
    return f"{median:.1f} ms (median), {high:.1f} ms (99 %), {most:.1f} ms at most"


def _memory() -> str:
    own = psutil.Process()
    readers = sum(child.memory_info().rss for child in own.children())
    return f"writer {own.memory_info().rss >> 20} MB, readers {readers >> 20} MB"


if __name__ == "__main__":
    asyncio.run(main())
