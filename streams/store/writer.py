"""Writing rows and offsets into DuckDB, in one transaction, so that a repetition changes nothing."""

import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from schemas.folders import make_folder
from schemas.topic_log import Partition
from streams.store.binding import Value, bind
from streams.store.catalogue import entries
from streams.store.schema import CATALOGUE, TABLES, Row, Rows, Table, prepare

if TYPE_CHECKING:
    import pandas as pd


_UNFINISHED = re.compile(r"Corrupt WAL file: entry at byte position (\d+)")
_log = logging.getLogger(__name__)


class StoreFileInUse(RuntimeError):
    """Another process has the DuckDB file open."""


def open_store(path: Path | str) -> duckdb.DuckDBPyConnection:
    """Open the file; a new one gets its tables.

    Raises:
        StoreFileInUse: Another process owns it.
        OtherFormat: Another release wrote it.
    """
    connection = _connect(path) if isinstance(path, Path) else duckdb.connect(path)
    connection.execute("set timezone = 'UTC'")
    prepare(connection)
    connection.execute("delete from catalogue")
    _upsert(connection, CATALOGUE, [astuple(one) for one in entries()])
    return connection


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    make_folder(path.parent)
    try:
        return duckdb.connect(str(path))
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise StoreFileInUse(f"{path} is open in another process: stop the store first") from None
        unfinished = _UNFINISHED.search(str(error))
        if unfinished is None:
            raise
        # A loss of power can leave a log whose last commit was not written to its end; DuckDB then refuses
        # all of it. What is cut off is read again from Kafka, as the offsets before it say.
        _log.warning("the last commit in %s.wal was not written to its end and is read again", path)
        os.truncate(f"{path}.wal", int(unfinished[1]))
        return duckdb.connect(str(path))


def asking(connection: duckdb.DuckDBPyConnection) -> "Callable[..., pd.DataFrame]":
    """Asks this connection as the store's readers ask theirs: SQL in which `:name` stands for a parameter."""

    def query(sql: str, **params: Value) -> "pd.DataFrame":
        return connection.execute(bind(sql, params)).df()

    return query


def offsets(connection: duckdb.DuckDBPyConnection) -> dict[Partition, int]:
    """The next offset of each partition that was read."""
    rows = connection.execute('select topic, "partition", next_offset from offsets').fetchall()
    return {(topic, partition): offset for topic, partition, offset in rows}


def write(
    connection: duckdb.DuckDBPyConnection,
    rows: Rows,
    reached: Mapping[Partition, int],
    begun: Mapping[Partition, int] = MappingProxyType({}),
) -> None:
    """Write rows and the offsets they bring the store to; all or nothing.

    Args:
        connection: The store.
        rows: By table.
        reached: The next offset of each partition.
        begun: The first offset of partitions that are read for the first time; 0 by default.
    """
    connection.execute("begin")
    try:
        for table in TABLES:
            if rows.get(table.name):
                _upsert(connection, table, rows[table.name])
        for (topic, partition), offset in reached.items():
            connection.execute(
                "insert into offsets values (?, ?, ?, ?) "
                "on conflict do update set next_offset = excluded.next_offset",
                [topic, partition, begun.get((topic, partition), 0), offset],
            )
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _upsert(connection: duckdb.DuckDBPyConnection, table: Table, rows: Iterable[Row]) -> None:
    names = [column.name for column in table.columns]
    chosen = _one_of_each_key(table, rows)
    arrays = [
        pa.array(values, column.arrow)
        for values, column in zip(zip(*chosen, strict=True), table.columns, strict=True)
    ]
    listed = ", ".join(f'"{name}"' for name in names)
    key = ", ".join(f'"{name}"' for name in names[: table.key])
    action = "nothing"
    if table.newest:
        settings = ", ".join(f'"{name}" = excluded."{name}"' for name in names[table.key :])
        action = f'update set {settings} where excluded."{table.newest}" >= "{table.name}"."{table.newest}"'
    connection.register("incoming", pa.table(arrays, names=names))
    try:
        connection.execute(
            f"insert into {table.name} ({listed}) select {listed} from incoming "  # noqa: S608 - our own names
            f"on conflict ({key}) do {action}"
        )
    finally:
        connection.unregister("incoming")


def _one_of_each_key(table: Table, rows: Iterable[Row]) -> list[Row]:
    newest = [column.name for column in table.columns].index(table.newest) if table.newest else None
    chosen: dict[Row, Row] = {}
    for row in rows:
        there = chosen.get(row[: table.key])
        if there is None or (newest is not None and row[newest] >= there[newest]):
            chosen[row[: table.key]] = row
    return list(chosen.values())
