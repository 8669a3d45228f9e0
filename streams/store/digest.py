"""A table's content as one hash, whatever the order of its rows."""

import duckdb

from streams.store.schema import TABLES


def digests(connection: duckdb.DuckDBPyConnection, database: str = "") -> dict[str, tuple[int, str]]:
    """Rows and hash of each table that is derived from the topics.

    Args:
        connection: The store.
        database: An attached database whose tables are meant; by default, the connection's own.
    """
    place = f"{database}.main." if database else ""
    found = {}
    for name in (table.name for table in TABLES):
        count, value = connection.execute(
            f"select count(*), md5(coalesce(string_agg(row_text, chr(10) order by row_text), '')) "  # noqa: S608
            f"from (select cast({name} as varchar) as row_text from {place}{name} as {name})"
        ).fetchall()[0]
        found[name] = (count, value)
    return found
