"""The DuckDB file: this release's tables or none, rows and offsets together, and readers beside it."""

import asyncio
import socket
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from schemas.clock import now
from schemas.codec import encode
from schemas.events import CheckInSubmitted, Event, ParticipantEnrolled, PromptSent, Reason
from schemas.identity import event_id
from schemas.settings import Settings
from schemas.topic_log import TopicReader
from schemas.topics import CHECKINS
from streams.indicators.update import TimelineEvent, batch
from streams.store import service as serve
from streams.store.client import NotAllowed, Reader
from streams.store.digest import digests
from streams.store.drift import drift_of
from streams.store.feed import Feed
from streams.store.ingest import STORED, rows_of
from streams.store.limits import Limits
from streams.store.projection import project
from streams.store.schema import TABLES, OtherFormat, Rows
from streams.store.service import TopicsReplaced, refuse_other_topics
from streams.store.writer import StoreFileInUse, asking, offsets, open_store, write
from tests.served import serve_read_only
from tests.streams.indicators.test_update import (
    EVENTS,
    STUDY,
    VERSIONS,
    answer,
    corrected,
    prompt,
    record,
    retracted,
)
from wellstream.local.kafka import free_port

TOKEN = "a token"


def all_rows() -> Rows:
    rows: Rows = {}
    for event in EVENTS:
        for name, more in project(event).items():
            rows.setdefault(name, []).extend(more)
    return rows


def test_a_file_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with open_store(path) as store:
        store.execute("update store_format set version = version + 1")
    with pytest.raises(OtherFormat, match="upgrade"):
        open_store(path)


@pytest.mark.parametrize(
    "earlier",
    [
        "drop table store_format; create table migrations(number integer)",
        "update store_format set version = 0",
        "alter table pauses drop column reason",
        "alter table pauses alter column reason type integer using 0",
        "drop view alerts; drop view records; drop table drift",
        "create table receipts(event_id varchar)",
    ],
)
def test_a_file_of_an_earlier_checkout_is_refused_with_what_to_do(tmp_path: Path, earlier: str) -> None:
    path = tmp_path / "store.duckdb"
    with open_store(path) as store:
        store.execute(earlier)
    with pytest.raises(OtherFormat, match="delete it and run `wellstream rebuild`"):
        open_store(path)
    path.unlink()
    open_store(path).close()


def test_a_file_keeps_its_rows_and_gets_this_releases_views(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with open_store(path) as store:
        write(store, all_rows(), {})
        before = digests(store)
        store.execute("create or replace view checkins as select 1 as one")
    with open_store(path) as store:
        assert digests(store) == before
        assert store.execute("select count(event_id) from checkins").fetchall()[0][0] > 0


def test_a_table_has_the_types_that_its_rows_declare() -> None:
    store = open_store(":memory:")
    found = store.execute(
        "select column_name, data_type, is_nullable from duckdb_columns() "
        "where table_name = 'answer_versions' order by column_index"
    ).fetchall()
    assert found == [
        ("event_id", "VARCHAR", False),
        ("item", "VARCHAR", False),
        ("option", "VARCHAR", False),
        ("participant", "VARCHAR", False),
        ("value", "DOUBLE", True),
    ]
    assert [column.arrow for column in TABLES[-1].columns][5:7] == [pa.int32(), pa.int64()]


def test_a_file_has_one_owner(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    holder = (
        f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(StoreFileInUse, match="stop the store first"):
            open_store(path)
        other.communicate()


def test_rows_and_offsets_are_written_together_or_not_at_all(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.duckdb")
    rows = all_rows()
    write(store, rows, {(CHECKINS.name, 0): 7})
    before = digests(store)
    assert offsets(store) == {(CHECKINS.name, 0): 7}
    broken = rows | {"prompts": [(None,) * len(rows["prompts"][0])]}
    with pytest.raises(duckdb.Error):
        write(store, broken, {(CHECKINS.name, 0): 8})
    assert (digests(store), offsets(store)) == (before, {(CHECKINS.name, 0): 7})


def test_a_replay_changes_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.duckdb")
    rows = all_rows()
    write(store, rows, {})
    before = digests(store)
    write(store, {name: list(reversed(more)) for name, more in rows.items()}, {})
    assert digests(store) == before
    assert sum(map(len, rows.values())) > 20


def test_a_record_that_cannot_be_read_is_a_dead_letter_but_not_twice() -> None:
    class Record:
        partition, offset, key = 0, 3, b"k"

        def __init__(self, topic: str, value: bytes | None) -> None:
            self.topic, self.value = topic, value

    records = [Record(CHECKINS.name, b"{"), Record("dead.letter.v1", b"{"), Record("studies.v1", b"{}"),
               Record(CHECKINS.name, None), Record(CHECKINS.name, encode(EVENTS[0]))]  # fmt: skip
    rows, letters = rows_of(records)
    assert [(letter.topic, letter.reason) for letter in letters] == [
        (CHECKINS.name, Reason.UNREADABLE),
        ("studies.v1", Reason.INVALID),
    ]
    assert rows == project(EVENTS[0])


@pytest.mark.slow
def test_readers_see_whole_batches_while_the_writer_writes(tmp_path: Path) -> None:
    store, port = open_store(tmp_path / "store.duckdb"), free_port()
    serve_read_only(store, "localhost", port, TOKEN)
    done, counts, faults = threading.Event(), list[int](), list[BaseException]()

    def read() -> None:
        reader = Reader(f"http://localhost:{port}", TOKEN)
        try:
            while not done.is_set():
                found = reader.query(
                    'select count(*) as n, count(distinct "offset" // 10) as whole from dead_letters'
                )
                counts.append(int(found["n"][0]))
                assert counts[-1] == 10 * int(found["whole"][0])
                with pytest.raises(NotAllowed):
                    reader.query("delete from dead_letters")
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    writer = store.cursor()
    for round_ in range(40):
        records = [Poison(10 * round_ + n) for n in range(10)]
        letters = rows_of(records)[1]
        rows: Rows = {}
        for letter in letters:
            for name, more in project(letter).items():
                rows.setdefault(name, []).extend(more)
        write(writer, rows, {(CHECKINS.name, 0): 10 * round_ + 10})
    final = Reader(f"http://localhost:{port}", TOKEN).query("select count(*) as n from dead_letters")
    done.set()
    for thread in threads:
        thread.join(30)
    store.close()
    assert not faults
    assert int(final["n"][0]) == 400
    assert len(set(counts)) > 1


class Poison:
    """A record that nobody can read."""

    topic, partition, key, value = CHECKINS.name, 0, b"k", b"poison"

    def __init__(self, offset: int) -> None:
        self.offset = offset


async def test_a_kafka_that_was_replaced_is_noticed(broker: str) -> None:
    async with TopicReader(broker, {(CHECKINS.name, 0): 10**9}, STORED) as reader:
        with pytest.raises(TopicsReplaced, match="wellstream rebuild"):
            await refuse_other_topics(reader)
    async with TopicReader(broker, {}, STORED) as reader:
        await refuse_other_topics(reader)


def test_views_show_the_version_that_holds_and_the_arm_of_the_time(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.duckdb")
    first, second = [event for event in EVENTS if isinstance(event, CheckInSubmitted)][:2]
    moved = [enrolment("cbt", first.occurred_at), enrolment("community", second.occurred_at)]
    heard: list[Event] = [corrected(first, 2, mood=1), first, retracted(second, 2), second, *reversed(moved)]
    for event in heard:
        write(store, project(event), {})
    assert store.execute("select event_id, version from checkins").fetchall() == [(str(first.event_id), 2)]
    assert store.execute("select value from answers where item = 'mood'").fetchall() == [(1,)]
    people = "select arm, first_arm, moved_arm from participants"
    assert store.execute(people).fetchall() == [("community", "cbt", True)]
    assert store.execute("select arm from checkin_days").fetchall() == [("cbt",)]


def enrolment(arm: str, at: datetime) -> ParticipantEnrolled:
    return ParticipantEnrolled(
        event_id=event_id("enrolment", arm), study="demo@3", participant=EVENTS[0].participant,
        occurred_at=at - timedelta(hours=1), recorded_at=at, zone="Europe/Brussels", arm=arm, language="nl",
        start_date=at.date(),
    )  # fmt: skip


def test_somebody_who_went_quiet_has_no_current_value(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.duckdb")
    moved = now() - timedelta(days=3, hours=1) - max(event.occurred_at for event in EVENTS)
    heard = [later(event, moved) for event in EVENTS]
    for event in (*heard, *batch(heard, VERSIONS)):
        write(store, project(event), {})
    found = store.execute(
        "select window_length, value is null, reason, days_since_checkin from current_indicators "
        "where indicator = 'mean' and scale = 'valence' order by 1"
    ).fetchall()
    assert found == [("1d", True, "no_data", 3), ("28d", False, None, 3), ("7d", False, None, 3)]


def later(event: TimelineEvent, moved: timedelta) -> TimelineEvent:
    times = ("occurred_at", "recorded_at", "scheduled_at", "expires_at")
    return event.model_copy(
        update={name: getattr(event, name) + moved for name in times if hasattr(event, name)}
    )


async def test_a_batch_that_fails_is_noted_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[bool] = []
    said = "the answers of p-0123456789abcdef were 7 3 5"

    async def broken(*_: object, models: bool) -> None:
        tried.append(models)
        raise ZeroDivisionError(said)

    monkeypatch.setattr(serve, "_compute", broken)
    settings = Settings(batch_minutes=0.0001)
    store, work = open_store(":memory:"), serve._Work()
    with socket.socket() as listener:
        feed = Feed(settings, listener, work.replace, Limits())
        often = asyncio.create_task(serve._compute_often(settings, store, None, work, feed))
        async with asyncio.timeout(10):
            while len(tried) < 2:
                await asyncio.sleep(0.01)
        often.cancel()
    assert tried[:2] == [True, True]
    assert "ZeroDivisionError" in caplog.text
    assert said not in caplog.text


def test_values_that_a_later_revision_no_longer_has_are_not_shown(tmp_path: Path) -> None:
    """A check-in looks as if made on own initiative until its prompt arrives; then nothing is told apart."""
    store = open_store(tmp_path / "store.duckdb")
    asked = next(event for event in EVENTS if isinstance(event, PromptSent))
    given = next(event for event in EVENTS if isinstance(event, CheckInSubmitted))
    parts = "select count(*) from indicators where indicator = 'mean/own_initiative'"
    current = "select count(*) from current_indicators where indicator = 'mean/own_initiative'"
    every = "select count(*) from indicators where indicator = 'mean'"
    found = []
    arrived: list[list[TimelineEvent]] = [[given], [given, asked]]
    for heard in arrived:
        for event in (*heard, *batch(heard, VERSIONS)):
            write(store, project(event), {})
        found.append([store.execute(query).fetchone() for query in (parts, current, every)])
    (before, after) = found
    assert before[0] == before[1] != (0,)
    assert after == [(0,), (0,), before[2]]


def test_a_part_that_the_newest_window_no_longer_has_is_not_current(tmp_path: Path) -> None:
    """A check-in on own initiative is in yesterday's one-day window, but not in today's."""
    store = open_store(tmp_path / "store.duckdb")
    days = [answer(day, 1, mood=5) for day in (0, 1)]
    heard: list[TimelineEvent] = [
        days[0],
        prompt(1, 1),
        days[1].model_copy(update={"prompt_id": prompt(1, 1).event_id}),
    ]
    for event in (*heard, *batch(heard, VERSIONS)):
        write(store, project(event), {})
    windows = "select distinct window_length from {} where indicator = 'mean/own_initiative' order by 1"
    assert store.execute(windows.format("indicators")).fetchall() == [("1d",), ("28d",), ("7d",)]
    assert store.execute(windows.format("current_indicators")).fetchall() == [("28d",), ("7d",)]


def test_a_replay_tells_check_ins_apart_as_the_worker_does(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.duckdb")
    heard = record(5, own_initiative=True)
    for event in (enrolment("cbt", heard[0].occurred_at), *heard, *batch(heard, VERSIONS)):
        write(store, project(event), {})
    drift = drift_of(asking(store), STUDY, VERSIONS, now())
    (parts,) = store.execute("select count(*) from indicators where contains(indicator, '/')").fetchone() or (
        0,
    )
    assert not drift.different
    assert drift.compared > parts > 0
