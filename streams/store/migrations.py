"""Bringing a DuckDB file to this release's tables, by numbered SQL files, each once and whole."""

from pathlib import Path

import duckdb

_FOLDER = Path(__file__).parent / "sql"


class FromNewerRelease(RuntimeError):
    """The file was written by a newer release."""


def migrate(connection: duckdb.DuckDBPyConnection) -> int:
    """Apply what is missing; the number of the newest migration.

    Raises:
        FromNewerRelease: The file knows migrations that this release does not.
    """
    connection.execute("create table if not exists migrations(number integer primary key, name varchar)")
    done = {row[0] for row in connection.execute("select number from migrations").fetchall()}
    files = {int(path.name[:4]): path for path in sorted(_FOLDER.glob("*.sql"))}
    if done - set(files):
        raise FromNewerRelease(
            "the store's file was written by a newer release of wellstream; upgrade this one"
        )
    for number, path in files.items():
        if number not in done:
            _apply(connection, number, path)
    return max(files)


def _apply(connection: duckdb.DuckDBPyConnection, number: int, path: Path) -> None:
    connection.execute("begin")
    try:
        connection.execute(path.read_text(encoding="utf-8"))
        connection.execute("insert into migrations values (?, ?)", [number, path.stem])
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
