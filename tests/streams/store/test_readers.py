"""The process that serves readers: fresh, made anew when it ends or falls behind, never waited for."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from queue import Queue
from typing import Any

import psutil
import pytest
from pydantic import SecretStr

from schemas.clock import now
from schemas.settings import Settings
from schemas.topics import CHECKINS
from streams.store import feed as feeding
from streams.store.client import NotAllowed, Reader, StoreUnavailable
from streams.store.digest import digests
from streams.store.feed import Feed, computed_tables
from streams.store.frames import Frame, Replaced, Retire, Written
from streams.store.ingest import rows_of
from streams.store.limits import Limits
from streams.store.projection import project
from streams.store.reader_process import next_frame
from streams.store.schema import Rows
from streams.store.tokens import Role, TokenFile
from streams.store.writer import open_store, write
from tests.streams.store.test_tables import Poison, all_rows

pytestmark = pytest.mark.timeout(120)


class Store:
    """A writer with its readers, as the service runs them, without Kafka."""

    def __init__(self, folder: Path) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.settings = Settings(
            home=folder, store_host="127.0.0.1", store_port=self.listener.getsockname()[1],
            store_token=SecretStr("token"),
        )  # fmt: skip
        self.connection = open_store(self.settings.store_path)
        self.writing = asyncio.Lock()
        self.asked: list[list[str]] = []
        self.feed = Feed(self.settings, self.listener, self.replace, Limits(stopping_seconds=0.2))
        self.reader = Reader(self.settings.store_uri, "token")
        self.written = 0

    async def replace(self, accept_loss: list[str]) -> Replaced:
        self.asked.append(accept_loss)
        return Replaced(409, "there is no rebuilt file")

    async def write(self, rows: Rows) -> None:
        async with self.writing:
            self.written += 1
            reached = {(CHECKINS.name, 0): self.written}
            await asyncio.to_thread(write, self.connection, rows, reached)
            self.feed.written(rows, reached, {})

    async def ask(self, sql: str) -> Any:
        return await asyncio.to_thread(lambda: self.reader.query(sql).iloc[0, 0])

    async def until(self, sql: str, holds: Callable[[Any], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds(await self.ask(sql)):
                await asyncio.sleep(0.02)

    def processes(self) -> list[psutil.Process]:
        return [
            child
            for child in psutil.Process().children()
            if "streams.store.reader_process" in " ".join(child.cmdline())
        ]


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    monkeypatch.setenv("WELLSTREAM_VAULT_KEY", "secret")
    made = Store(tmp_path)
    write(made.connection, all_rows(), {})
    running = asyncio.create_task(made.feed.run(made.connection.cursor(), made.writing))
    yield made
    running.cancel()
    await asyncio.wait({running})
    await made.feed.end()
    made.connection.close()
    made.listener.close()
    assert [path.name for path in tmp_path.glob("*.duckdb*")] == ["store.duckdb"], "copies are removed"


def letters(count: int, first: int = 0) -> Rows:
    rows: Rows = {}
    for letter in rows_of([Poison(first + n) for n in range(count)])[1]:
        for name, more in project(letter).items():
            rows.setdefault(name, []).extend(more)
    return rows


async def test_readers_see_what_is_written_and_computed_and_survive_their_process(store: Store) -> None:
    assert await store.ask("select count(*) from checkins") > 0
    await store.write(letters(10))
    await store.until("select count(*) from dead_letters", lambda n: n == 10)
    store.connection.execute("insert into drift values ('demo', now(), 3, 90, 0)")
    store.feed.computed(computed_tables(store.connection))
    await store.until("select count(*) from drift", lambda n: n == 1)

    (process,) = store.processes()
    process.send_signal(signal.SIGKILL)
    await store.write(letters(10, 10))
    assert await store.ask("select count(*) from dead_letters") == 20, "a query meanwhile waits"
    assert await store.ask("select count(*) from drift") == 1
    assert store.processes() != [process]


def test_frames_that_wait_are_written_as_one_with_the_same_result() -> None:
    place = (CHECKINS.name, 0)
    frames = [Written(letters(3, 2 * n), {place: n + 1}, {place: n}) for n in range(4)]
    frames += [Written({name: [row]}, {}, {}) for name, rows in all_rows().items() for row in rows]
    waiting: Queue[Frame] = Queue()
    for frame in frames:
        waiting.put(frame)
    waiting.put(Retire())
    merged = next_frame(waiting)
    assert isinstance(merged, Written)
    assert next_frame(waiting) == Retire()
    one, each = open_store(":memory:"), open_store(":memory:")
    write(one, merged.rows, merged.reached, merged.begun)
    for frame in frames:
        write(each, frame.rows, frame.reached, frame.begun)
    assert digests(one) == digests(each)
    assert one.execute("from offsets").fetchall() == each.execute("from offsets").fetchall()


async def test_readers_that_fall_behind_get_a_fresh_copy(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.ask("select 1")
    (process,) = store.processes()
    process.suspend()
    monkeypatch.setattr(feeding, "_QUEUED_BYTES", 200_000)
    sent = 0
    while store.feed._serving and store.feed._serving.useful:
        await store.write(letters(200, sent))
        sent += 200
    await store.until("select count(*) from dead_letters", lambda n: n == sent)
    assert store.processes() != [process]


async def test_a_query_that_cannot_be_interrupted_ends_its_process(store: Store) -> None:
    await store.ask("select 1")
    (process,) = store.processes()
    hurried = Reader(store.settings.store_uri, "token", 1)
    with pytest.raises(StoreUnavailable):
        await asyncio.to_thread(hurried.query, "select levenshtein(repeat('a', 300000), repeat('b', 300000))")
    assert await store.ask("select count(*) from checkins") > 0
    assert not process.is_running()


async def test_the_process_has_no_secret_and_passes_requests_on(store: Store) -> None:
    await store.ask("select 1")
    (process,) = store.processes()
    assert not [name for name in process.environ() if name.startswith("WELLSTREAM_")]
    with pytest.raises(NotAllowed, match="there is no rebuilt file"):
        await asyncio.to_thread(store.reader.rebuilt, ["messages"])
    assert store.asked == [["messages"]]


async def test_a_token_opens_the_store_until_it_is_revoked(store: Store) -> None:
    await store.ask("select 1")
    tokens = TokenFile(store.settings.store_tokens_path)
    text = tokens.add("ann", Role.STAFF, now())
    assert text not in store.settings.store_tokens_path.read_text()
    ann = Reader(store.settings.store_uri, text)
    assert (await asyncio.to_thread(ann.query, "select 1 as one"))["one"][0] == 1
    with pytest.raises(NotAllowed, match="only the store's own token"):
        await asyncio.to_thread(ann.rebuilt, [])
    tokens.revoke("ann")
    with pytest.raises(NotAllowed, match="does not know this token"):
        await asyncio.to_thread(ann.query, "select 1")
