"""Rebuilding the store from the topics into a new file, comparing, and putting it in place."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from schemas.announced_studies import read_studies
from schemas.codec import Unreadable, decode
from schemas.consumers import MisplacedEvent
from schemas.settings import Settings
from schemas.study.versions import Versions
from schemas.topic_log import Partition, TopicReader
from schemas.topics import INDICATORS
from streams.indicators.update import TIMELINE, TimelineEvent, batch
from streams.store.digest import digests
from streams.store.ingest import STORED, rows_of
from streams.store.projection import project
from streams.store.schema import COMPUTED, TABLES, Rows
from streams.store.writer import open_store, write

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


class RowsLost(RuntimeError):
    """The rebuilt store lacks rows that the old one has."""


class UnknownTable(ValueError):
    """The store has no such table."""


async def rebuild(settings: Settings, accept_loss: Collection[str] = ()) -> RebuildReport:
    """Rebuild the store's file; the old one stays until the new one is whole.

    Indicators are computed anew from check-ins and prompts, not copied from their topic.

    Args:
        settings: Where Kafka and the file are.
        accept_loss: Tables that may lose rows.

    Raises:
        RowsLost: Another table has lost rows; the old file is still in place.
        StoreFileInUse: The store is running.
        UnknownTable: There is no table of that name.
    """
    _require_tables(accept_loss)
    path = settings.store_path
    with open_store(path) as old:
        before = digests(old)
    fresh = path.with_suffix(".rebuild.duckdb")
    _remove(fresh)
    try:
        with open_store(fresh) as new:
            heard, begun, ends = await _read_all(settings.kafka, new)
            _write_indicators(new, heard, Versions((await read_studies(settings.kafka)).values()))
            write(new, {}, ends, begun)
            after = digests(new)
            _refuse_loss(_take_over(new, path), accept_loss)
            new.execute("checkpoint")
    except BaseException:
        _remove(fresh)
        raise
    _put_in_place(fresh, path)
    return RebuildReport(before, after)


def _require_tables(names: Collection[str]) -> None:
    unknown = sorted(set(names) - {table.name for table in TABLES})
    if unknown:
        raise UnknownTable(
            f"the store has no table {', '.join(unknown)}; it has {', '.join(table.name for table in TABLES)}"
        )


def _take_over(new: duckdb.DuckDBPyConnection, path: Path) -> dict[str, tuple[int, int]]:
    """Copy what the batch computed, and compare the rest with the old file.

    Returns:
        How many of each table's old rows are not in the new file, and how many there were.
    """
    new.execute(f"attach '{str(path).replace(chr(39), 2 * chr(39))}' as before (read_only)")
    try:
        for table in COMPUTED:
            # Until the next batch; checks of earlier days cannot be repeated.
            new.execute(f"insert into main.{table.name} select * from before.{table.name}")  # noqa: S608
        return _lost_rows(new)
    finally:
        new.execute("detach before")


def _lost_rows(new: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    lost = {}
    for table in (table for table in TABLES if table.record):
        keys = ", ".join(f'"{column.name}"' for column in table.columns[: table.key])
        missing, there = new.execute(
            f"select count(*) filter (n.found is null), count(*) from before.{table.name} "  # noqa: S608
            f"left join (select {keys}, true as found from main.{table.name}) n using ({keys})"
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


def _remove(file: Path) -> None:
    for part in (file, Path(f"{file}.wal")):
        part.unlink(missing_ok=True)


def _put_in_place(fresh: Path, path: Path) -> None:
    Path(f"{path}.wal").unlink(missing_ok=True)
    fresh.replace(path)


async def _read_all(
    bootstrap: str, connection: duckdb.DuckDBPyConnection
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
                if record.topic in timeline:
                    heard += _heard(record.value)
    return heard, begun, ends


def _heard(value: bytes) -> list[TimelineEvent]:
    try:
        event = TIMELINE.select(decode(value))
    except (Unreadable, MisplacedEvent):
        return []
    return [event] if event is not None else []


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
