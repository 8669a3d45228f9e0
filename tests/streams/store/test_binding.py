"""A question means the same to the store's own connection and to a reader."""

from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from streams.store.binding import bind
from streams.store.client import Reader
from streams.store.writer import asking, open_store
from tests.served import serve_read_only
from wellstream.local.kafka import free_port

QUESTIONS: list[tuple[str, dict[str, Any], object]] = [
    ("select 'a :name in a text' || :name as found", {"name": "!"}, "a :name in a text!"),
    ("select :item1 as found", {"item1": 7}, 7),
    ("select cast(:n as bigint)::varchar as found", {"n": 3}, "3"),
    ("select list_contains(:names, 'it''s') as found", {"names": ["it's", "b"]}, True),
    ("select :day - date '2026-03-01' as found", {"day": date(2026, 3, 29)}, 28),
    ("select [1, 2, 3][:first:3][1] as found", {"first": 2}, 2),
    ("select epoch(:at) as found", {"at": datetime(1970, 1, 1, 1, tzinfo=UTC)}, 3600.0),
    ("select :value = 'x; drop table prompts' as found", {"value": "x; drop table prompts"}, True),
]


def test_both_ways_of_asking_give_the_same_answer() -> None:
    store, port = open_store(":memory:"), free_port()
    serve_read_only(store, "localhost", port, "token")
    reader = Reader(f"http://localhost:{port}", "token")
    for sql, params, answer in QUESTIONS:
        assert asking(store)(sql, **params)["found"][0] == answer, sql
        assert reader.query(sql, **params)["found"][0] == answer, sql
    store.close()


def test_a_placeholder_without_a_value_is_refused() -> None:
    with pytest.raises(KeyError, match="who"):
        bind("select :who, :what", {"what": 1})


def test_without_parameters_the_question_stays_as_it_is() -> None:
    question = "select $1, ':name'"
    assert bind(question, {}) == question
    with pytest.raises(duckdb.Error):
        asking(open_store(":memory:"))("select :name")
