"""Writing rows and offsets into DuckDB, in one transaction, so that a repetition changes nothing."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from schemas.topic_log import Partition
from streams.store.catalogue import entries
from streams.store.migrations import migrate
from streams.store.projection import TABLES, Rows, Table

_PLACEHOLDER = re.compile(r"(?<!:):([a-z_]+)")


class StoreFileInUse(RuntimeError):
    """Another process has the DuckDB file open."""


def open_store(path: Path | str) -> duckdb.DuckDBPyConnection:
    """Open the file and bring its tables up to date.

    Raises:
        StoreFileInUse: Another process owns it.
    """
    if isinstance(path, Path):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(path))
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise StoreFileInUse(f"{path} is open in another process: stop the store first") from None
        raise
    connection.execute("set timezone = 'UTC'")
    migrate(connection)
    connection.execute("delete from catalogue")
    connection.executemany(
        "insert into catalogue values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [astuple(one) for one in entries()],
    )
    return connection


def asking(connection: duckdb.DuckDBPyConnection) -> Callable[..., pd.DataFrame]:
    """Asks this connection as the store's readers ask theirs: SQL in which `:name` stands for a parameter."""

    def query(sql: str, **params: Any) -> pd.DataFrame:
        return connection.execute(_PLACEHOLDER.sub(r"$\1", sql), params).df()

    return query


def offsets(connection: duckdb.DuckDBPyConnection) -> dict[Partition, int]:
    """The next offset of each partition that was read."""
    rows = connection.execute('select topic, "partition", next_offset from offsets').fetchall()
    return {(topic, partition): offset for topic, partition, offset in rows}


def write(connection: duckdb.DuckDBPyConnection, rows: Rows, reached: Mapping[Partition, int]) -> None:
    """Write rows and the offsets they bring the store to; all or nothing."""
    connection.execute("begin")
    try:
        for name, table in TABLES.items():
            if rows.get(name):
                _upsert(connection, name, table, rows[name])
        for (topic, partition), offset in reached.items():
            connection.execute("insert or replace into offsets values (?, ?, ?)", [topic, partition, offset])
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _upsert(
    connection: duckdb.DuckDBPyConnection, name: str, table: Table, rows: Iterable[tuple[Any, ...]]
) -> None:
    columns = list(table.columns)
    newest = columns.index(table.newest) if table.newest else None
    chosen: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for row in rows:
        there = chosen.get(row[: table.key])
        if there is None or (newest is not None and row[newest] >= there[newest]):
            chosen[row[: table.key]] = row
    arrays = zip(*chosen.values(), strict=True)
    incoming = pa.table(
        [pa.array(values, kind) for values, kind in zip(arrays, table.columns.values(), strict=True)],
        names=columns,
    )
    listed = ", ".join(f'"{column}"' for column in columns)
    key = ", ".join(f'"{column}"' for column in columns[: table.key])
    action = "nothing"
    if table.newest:
        settings = ", ".join(f'"{column}" = excluded."{column}"' for column in columns[table.key :])
        action = f'update set {settings} where excluded."{table.newest}" >= "{name}"."{table.newest}"'
    connection.register("incoming", incoming)
    try:
        connection.execute(
            f"insert into {name} ({listed}) select {listed} from incoming "  # noqa: S608 - our own names
            f"on conflict ({key}) do {action}"
        )
    finally:
        connection.unregister("incoming")
