"""Rebuilding the store from the topics into a new file, comparing, and putting it in place."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from schemas.announced_studies import read_studies
from schemas.codec import Unreadable, decode
from schemas.settings import Settings
from schemas.study.versions import Versions
from schemas.topic_log import Partition, TopicReader
from schemas.topics import CHECKINS, INDICATORS, PROMPTS
from streams.indicators.update import TimelineEvent, batch
from streams.store.digest import digests
from streams.store.ingest import STORED, rows_of
from streams.store.projection import project
from streams.store.schema import Rows
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


async def rebuild(settings: Settings) -> RebuildReport:
    """Rebuild the store's file; the old one stays until the new one is whole.

    Indicators are computed anew from check-ins and prompts, not copied from their topic.

    Raises:
        StoreFileInUse: The store is running.
    """
    path = settings.store_path
    with open_store(path) as old:
        before = digests(old)
    fresh = path.with_suffix(".rebuild.duckdb")
    _remove(fresh)
    with open_store(fresh) as new:
        heard, ends = await _read_all(settings.kafka, new)
        _write_indicators(new, heard, Versions((await read_studies(settings.kafka)).values()))
        write(new, {}, ends)
        after = digests(new)
        new.execute("checkpoint")
    _put_in_place(fresh, path)
    return RebuildReport(before, after)


def _remove(file: Path) -> None:
    for part in (file, Path(f"{file}.wal")):
        part.unlink(missing_ok=True)


def _put_in_place(fresh: Path, path: Path) -> None:
    Path(f"{path}.wal").unlink(missing_ok=True)
    fresh.replace(path)


async def _read_all(
    bootstrap: str, connection: duckdb.DuckDBPyConnection
) -> tuple[list[TimelineEvent], dict[Partition, int]]:
    heard: list[TimelineEvent] = []
    async with TopicReader(bootstrap, {}, STORED) as reader:
        ends = await reader.ends()
        async for records in reader.to_end(ends):
            kept = [
                r for r in records if r.topic != INDICATORS.name and r.offset < ends[r.topic, r.partition]
            ]
            rows, _ = rows_of(kept)
            write(connection, rows, {})
            for record in kept:
                if record.topic in {CHECKINS.name, PROMPTS.name}:
                    heard += _heard(record.value)
    return heard, ends


def _heard(value: bytes) -> list[TimelineEvent]:
    try:
        event = decode(value)
    except Unreadable:
        return []
    return [event] if isinstance(event, TimelineEvent) else []


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
