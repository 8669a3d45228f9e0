"""Every view says what it shows, and stands below what it reads."""

import duckdb
import pytest

from streams.store.schema import prepare
from streams.store.views import VIEWS, read_views


def test_a_view_has_a_name_a_meaning_and_its_statement() -> None:
    text = "-- One row,\n-- for a test.\ncreate or replace view one as\n  select ';' as found;\n"
    (view,) = read_views(text)
    assert (view.name, view.meaning) == ("one", "One row, for a test.")
    connection = duckdb.connect()
    connection.execute(view.ddl)
    assert connection.execute("from one").fetchall() == [(";",)]


@pytest.mark.parametrize(
    "text",
    [
        "create or replace view one as\n  select 1;\n",
        "-- Said.\n\ncreate or replace view one as\n  select 1;\n",
        "-- Said.\ncreate or replace view one as\n  select 1\n",
    ],
)
def test_a_view_that_nobody_could_understand_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="comment above it"):
        read_views(text)


def test_the_views_can_be_read_and_have_different_names() -> None:
    store = duckdb.connect()
    prepare(store)
    assert len({view.name for view in VIEWS}) == len(VIEWS)
    for view in VIEWS:
        assert store.execute(f"select count(*) from {view.name}").fetchall() == [(0,)]
