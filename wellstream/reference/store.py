"""docs/store.md: every table and view of the store, with its meaning and columns."""

from collections.abc import Iterable

from streams.store.schema import COMPUTED, OWN, TABLES, Table
from streams.store.views import VIEWS
from streams.store.writer import asking, open_store
from wellstream.reference.markdown import generated_head, paragraphs, table

_INTRODUCTION = """\
The store is a DuckDB file that is derived from the [topics](topics.md); `wellstream rebuild` recomputes it.
`wellstream sql "select ..."` queries it, and so do R, notebooks and other programs, read-only:
see [reading.md](reading.md).

Prefer views to tables: views show the version of each check-in that holds, tables show every version.
Participants are pseudonyms, and times are in UTC.
"""
_HOME = "`streams/store/rows.py`, `streams/store/schema.py` and `streams/store/sql/views.sql`"


def store_page() -> str:
    """The page."""
    parts = [generated_head("The store", _HOME), _INTRODUCTION, "## Views\n", *_views()]
    for title, tables in (
        ("Tables derived from the topics", TABLES),
        ("Tables that the batch computes", COMPUTED),
        ("Tables of the store itself", OWN),
    ):
        parts += [f"## {title}\n", *_tables(tables)]
    return "\n".join(parts)


def _views() -> Iterable[str]:
    connection = open_store(":memory:")
    try:
        query = asking(connection)
        for view in VIEWS:
            described = query(f"describe {view.name}")
            columns = zip(described["column_name"], described["column_type"], strict=True)
            rows = [(f"`{name}`", str(kind).lower()) for name, kind in columns]
            yield from (f"### `{view.name}`\n", view.meaning + "\n", table(("column", "type"), rows) + "\n")
    finally:
        connection.close()


def _tables(tables: Iterable[Table]) -> Iterable[str]:
    for one in tables:
        rows = [
            (f"`{column.name}`", column.sql, "yes" if number < one.key else "")
            for number, column in enumerate(one.columns)
        ]
        yield from (f"### `{one.name}`\n", paragraphs(one.meaning) + "\n")
        yield table(("column", "type", "key"), rows) + "\n"
