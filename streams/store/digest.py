"""A table's content as one hash, whatever the order of its rows."""

import duckdb

from streams.store.schema import TABLES


def digests(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, str]]:
    """Rows and hash of each table that is derived from the topics."""
    found = {}
    for name in (table.name for table in TABLES):
        count, value = connection.execute(
            f"select count(*), md5(coalesce(string_agg(row_text, chr(10) order by row_text), '')) "  # noqa: S608
            f"from (select cast({name} as varchar) as row_text from {name})"
        ).fetchall()[0]
        found[name] = (count, value)
    return found
