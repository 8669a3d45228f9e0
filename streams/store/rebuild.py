"""Rebuilding the store from the topics into a new file, comparing, and putting it in place."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from schemas.announced_studies import read_studies
from schemas.folders import sync_folder
from schemas.kafka_access import Broker
from schemas.settings import Settings
from schemas.study.versions import Versions
from schemas.topic_log import Partition, TopicReader
from schemas.topics import INDICATORS
from streams.indicators.update import TIMELINE, TimelineEvent, batch
from streams.store.digest import digests
from streams.store.ingest import STORED, begun, reached, rows_of
from streams.store.projection import project
from streams.store.schema import COMPUTED, TABLES, Rows
from streams.store.writer import offsets, open_store, write

_UPDATES = 200


@dataclass(frozen=True)
class RebuildReport:
    """Rows and hash of each table, before and after."""

    before: dict[str, tuple[int, str]]
    after: dict[str, tuple[int, str]]

    @property
    def same(self) -> bool:
        """Whether the rebuilt tables are the ones that were there."""
        return self.before == self.after

    def __str__(self) -> str:
        lines = [f"{'table':<14}{'before':>9}{'after':>9}  same"]
        for name, (count, value) in self.after.items():
            old, old_value = self.before.get(name, (0, ""))
            lines.append(f"{name:<14}{old:>9}{count:>9}  {'yes' if value == old_value else 'NO'}")
        return "\n".join(lines)


class RebuildRefused(RuntimeError):
    """The rebuilt file is not put in place."""


class RowsLost(RebuildRefused):
    """The rebuilt store lacks rows that the old one has."""


class UnknownTable(RebuildRefused):
    """The store has no such table."""


def rebuilt_path(path: Path) -> Path:
    """Where the new file of a store is built."""
    return path.with_suffix(".rebuild.duckdb")


async def rebuild(settings: Settings, accept_loss: Collection[str] = ()) -> RebuildReport:
    """Rebuild the file of a store that does not run; the old one stays until the new one is whole.

    Args:
        settings: Where Kafka and the file are.
        accept_loss: Tables that may lose rows.

    Raises:
        RowsLost: Another table has lost rows; the old file is still in place.
        StoreFileInUse: The store is running.
        UnknownTable: There is no table of that name.
    """
    require_tables(accept_loss)
    open_store(settings.store_path).close()
    await build(settings)
    with open_store(settings.store_path) as old:
        report = await compare(settings, old, accept_loss)
        put_in_place(settings, old).close()
    return report


async def build(settings: Settings) -> None:
    """Build a new file from the topics, beside the store's, whether that is in use or not.

    Indicators are computed anew from check-ins and prompts, not copied from their topic.
    """
    fresh = rebuilt_path(settings.store_path)
    remove(fresh)
    try:
        with open_store(fresh) as new:
            heard, begun, ends = await _read_all(settings.broker, new)
            _write_indicators(new, heard, Versions((await read_studies(settings.broker)).values()))
            write(new, {}, ends, begun)
            new.execute("checkpoint")
    except BaseException:
        remove(fresh)
        raise


async def compare(
    settings: Settings, old: duckdb.DuckDBPyConnection, accept_loss: Collection[str]
) -> RebuildReport:
    """Compare the files, and make the new one ready to be put in place; one that is refused is removed.

    Args:
        settings: Where the file is.
        old: The store.
        accept_loss: Tables that may lose rows.

    Raises:
        RowsLost: A table has lost rows that is not named.
        RebuildRefused: There is no new file.
        UnknownTable: There is no table of that name.
    """
    require_tables(accept_loss)
    fresh = _require_fresh(settings)
    try:
        return await asyncio.to_thread(_compare, old, fresh, accept_loss)
    except BaseException:
        remove(fresh)
        raise


def put_in_place(settings: Settings, old: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Put the new file in the place of the old one.

    Args:
        settings: Where the file is.
        old: The store, of which no other connection is open; it is closed.

    Returns:
        The store as it is now.
    """
    path = settings.store_path
    old.execute("checkpoint")
    old.close()
    # In this order also where the power fails: a file must never meet the log of another one.
    Path(f"{path}.wal").unlink(missing_ok=True)
    sync_folder(path.parent)
    rebuilt_path(path).replace(path)
    sync_folder(path.parent)
    return open_store(path)


def _require_fresh(settings: Settings) -> Path:
    fresh = rebuilt_path(settings.store_path)
    if not fresh.exists():
        raise RebuildRefused("there is no rebuilt file beside the store's; run `wellstream rebuild` there")
    return fresh


def require_tables(names: Collection[str]) -> None:
    """Make sure that the store has tables of these names.

    Raises:
        UnknownTable: It has not.
    """
    unknown = sorted(set(names) - {table.name for table in TABLES})
    if unknown:
        raise UnknownTable(
            f"the store has no table {', '.join(unknown)}; it has {', '.join(table.name for table in TABLES)}"
        )


async def catch_up(settings: Settings, until: Mapping[Partition, int]) -> None:
    """Read into the new file what a running store has read since the new file was built.

    Args:
        settings: Where Kafka and the file are.
        until: How far the store has read.

    Raises:
        RebuildRefused: There is no new file, or Kafka ends before what the store has read.
    """
    with open_store(_require_fresh(settings)) as new:
        there = offsets(new)
        if all(there.get(place, 0) >= offset for place, offset in until.items()):
            return
        async with TopicReader(settings.broker, there, STORED) as reader:
            ends = await reader.ends()
            short = sorted({place[0] for place, offset in until.items() if ends[place] < offset})
            if short:
                raise RebuildRefused(
                    f"Kafka ends before what the store has read of {', '.join(short)}: its data "
                    "were lost or replaced. The old file is still in place; stop the store to rebuild it all "
                    "the same"
                )
            async for records in reader.to_end({place: until.get(place, 0) for place in ends}):
                write(new, rows_of(records)[0], reached(records), begun(records))
        new.execute("checkpoint")


def _compare(old: duckdb.DuckDBPyConnection, fresh: Path, accept_loss: Collection[str]) -> RebuildReport:
    """Compare the files, and copy into the new one what the batch computed; refuse what would be lost."""
    old.execute(f"attach '{str(fresh).replace(chr(39), 2 * chr(39))}' as rebuilt")
    try:
        for table in COMPUTED:
            # Until the next batch; checks of earlier days cannot be repeated.
            old.execute(f"insert into rebuilt.main.{table.name} select * from {table.name}")  # noqa: S608
        report = RebuildReport(digests(old), digests(old, "rebuilt"))
        _refuse_loss(_lost_rows(old), accept_loss)
        old.execute("checkpoint rebuilt")
        return report
    finally:
        old.execute("detach rebuilt")


def _lost_rows(old: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """How many of each table's rows are not in the new file, and how many there were."""
    lost = {}
    for table in (table for table in TABLES if table.record):
        keys = ", ".join(f'"{column.name}"' for column in table.columns[: table.key])
        missing, there = old.execute(
            f"select count(*) filter (n.found is null), count(*) from {table.name} "  # noqa: S608
            f"left join (select {keys}, true as found from rebuilt.main.{table.name}) n using ({keys})"
        ).fetchall()[0]
        if missing:
            lost[table.name] = (missing, there)
    return lost


def _refuse_loss(lost: Mapping[str, tuple[int, int]], accepted: Collection[str]) -> None:
    refused = {name: counts for name, counts in lost.items() if name not in accepted}
    if refused:
        counts = ", ".join(f"{name} {missing} of {there}" for name, (missing, there) in refused.items())
        flags = " ".join(f"--accept-loss {name}" for name in refused)
        raise RowsLost(
            "the rebuilt store would lose rows, because Kafka no longer has their records: "
            f"{counts}. The old file is still in place. If it is damaged or the loss is intended, run "
            f"`wellstream rebuild {flags}`"
        )


def remove(file: Path) -> None:
    """Remove a DuckDB file with its log."""
    for part in (file, Path(f"{file}.wal")):
        part.unlink(missing_ok=True)


async def _read_all(
    bootstrap: Broker, connection: duckdb.DuckDBPyConnection
) -> tuple[list[TimelineEvent], dict[Partition, int], dict[Partition, int]]:
    """Write everything but indicators; the events that these are computed from, and the offsets read."""
    heard: list[TimelineEvent] = []
    timeline = {topic.name for topic in TIMELINE.topics}
    async with TopicReader(bootstrap, {}, STORED) as reader:
        begun, ends = await reader.beginnings(), await reader.ends()
        async for records in reader.to_end(ends):
            kept = [
                r for r in records if r.topic != INDICATORS.name and r.offset < ends[r.topic, r.partition]
            ]
            rows, _ = rows_of(kept)
            write(connection, rows, {})
            for record in kept:
                if record.topic in timeline and (event := TIMELINE.read(record.value)) is not None:
                    heard.append(event)
    return heard, begun, ends


def _write_indicators(
    connection: duckdb.DuckDBPyConnection, heard: list[TimelineEvent], versions: Versions
) -> None:
    rows: Rows = {}
    known = (event for event in heard if event.study in versions)
    for count, update in enumerate(batch(known, versions), start=1):
        for name, more in project(update).items():
            rows.setdefault(name, []).extend(more)
        if count % _UPDATES == 0:
            write(connection, rows, {})
            rows = {}
    write(connection, rows, {})
