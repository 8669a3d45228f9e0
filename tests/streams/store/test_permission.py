"""What readers may ask: known attempts to read elsewhere, and a fuzzer that plants more in valid queries."""

import json
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streams.store.permission import LONGEST, RELATIONS, NotPermitted, Permission
from streams.store.permitted_functions import FUNCTIONS, TABLE_FUNCTIONS
from streams.store.tokens import Role
from streams.store.writer import open_store

PERMISSION = Permission(RELATIONS[Role.STAFF])
ATTEMPTS: list[dict[str, str]] = json.loads(Path(__file__).with_name("sql_attempts.json").read_text())
PLACES = {
    "file": "/etc/secrets", "home": "/home/study", "folder": "/etc", "file-head": "/et", "file-tail": "c/s",
}  # fmt: skip
HARMLESS = {
    "select range(3)",
    "select * from unnest([1,2])",
    "select 1;",
    "select 'a''; delete from checkins; --'",
    'select \'"type":"TABLE_FUNCTION"\'',
}
FORBIDDEN_RELATIONS = [
    '"/etc/secrets".csv', "'/etc/secrets.parquet'", "'s3://bucket/x.csv'", '"http://127.0.0.1/x".json',
    "duckdb_settings", "duckdb_tables()", "pg_catalog.pg_tables", "information_schema.tables",
    "sqlite_master", "store_format", "store.main.checkins", "temp.checkins", "system.main.duckdb_columns",
    "read_text('/etc/passwd')", "read_csv('x')", "glob('*')", "query('select 1')", "query_table('checkins')",
    "parquet_scan('x')", "sniff_csv('x')", "duckdb_secrets()", "repeat(1, 2)",
    "pragma_table_info('checkins')",
    "checkpoint()", "json_execute_serialized_sql('x')", "arrow_scan(1, 2, 3)", "test_all_types()",
    "(show databases)", "(show all tables)", "(describe '/etc/secrets.csv')", "(summarize 'x.csv')",
    "(from '/etc/secrets.csv')", "(pivot checkins on zone)",
    '"secret" at (version => 1)', "(with checkins2 as (from checkins2) from checkins2)",
]  # fmt: skip
FORBIDDEN_EXPRESSIONS = [
    "getenv('X')", "current_setting('x')", "getvariable('x')", "current_user", "user", "session_user",
    "current_schema", "current_catalog", "current_role", "current_database()", "version()", "pg_sleep(1)",
    "sleep_ms(1)", "nextval('s')", "write_log('x')", "read_text('x')", "current_query()", "txid_current()",
    "'x'.getenv()", "system.main.getenv('x')", "other.length('a')",
    "list_transform([1], lambda x: getenv('x'))",
    "[getenv(y) for y in ['x']]", "sum(1) filter (where getenv('x') = '')", "getenv('x') over ()",
    "sum(1) over (order by getenv('x'))", "'a'::\"/etc/x\"", "(select a from '/etc/x.csv')",
    "exists(from '/etc/x.csv')", "1 in (from '/etc/x.csv')", "1 = any(from '/etc/x.csv')", "?", "$1",
    "array(from '/etc/x.csv')", "json_serialize_sql('select 1')", "setseed(0.5)", "in_search_path('a', 'b')",
    "'x'::regclass", "columns(lambda c: getenv(c) = '')",
]  # fmt: skip


@pytest.mark.parametrize("attempt", [one["sql"] for one in ATTEMPTS])
def test_an_attempt(attempt: str) -> None:
    for name, place in PLACES.items():
        attempt = attempt.replace(f"{{{name}}}", place)
    if attempt in HARMLESS:
        assert PERMISSION.permit(attempt) == attempt
    else:
        with pytest.raises(NotPermitted):
            PERMISSION.permit(attempt)


def test_the_attempts_are_all_there() -> None:
    assert len(ATTEMPTS) == 120
    assert {one["sql"] for one in ATTEMPTS} >= HARMLESS


AROUND_EXPRESSIONS: list[str] = [
    "(@)", "coalesce(@, 1)", "case when 1 = 1 then @ else 2 end", "[1, @]", "{'a': @}", "cast(@ as varchar)",
    "@ is null", "@ between 1 and 2", "1 in (3, @)", "list_transform([1], lambda x: @)", "(select @)",
    "not (@ = 1)", "sum(1) over (partition by @)", "max(1) filter (where @ = 1)", "map {1: @}", "try(@)",
    "string_agg('a', 'b' order by @)", "row(1, @)", "-(@)", "(@)[1:2]", "@ collate nocase",
]  # fmt: skip
READING = [
    "from @", "from checkins, @", "from checkins join @ using (zone)", "from checkins asof join @ on true",
    "from checkins where exists(from @)", "select count(*) from @ group by all", "from @ tablesample 50%",
    "from checkins limit (select 1 from @)", "from (values (1)) v(a), lateral (from @)",
    "from @ unpivot (a for b in (c, d))", "from @ semi join checkins on true",
    "from checkins positional join @",
]  # fmt: skip
COMPUTING = [
    "select @ from checkins", "from checkins where @ = 1", "from checkins order by @ limit 3",
    "select count(*) from checkins group by @", "select count(*) from checkins having @ = 1",
    "select distinct on (@) 1 from checkins", "from checkins qualify @ = 1", "from checkins limit @",
    "from (values (@)) v(a)", "select * replace (@ as zone) from checkins", "from unnest([@])",
    "from range(1, @)", "from checkins join prompts on @", "select 1 from checkins group by rollup (@)",
    "from checkins pivot (sum(@) for zone in ('a'))",
]  # fmt: skip
AROUND_QUERIES = [
    "from (@)", "with x as (@) from x", "@ union all from checkins", "(from checkins) except (@)",
    "with x as materialized (@), y as (from x) from y", "select (select 1 from (@))", "from (describe @)",
    "with recursive x as (from checkins union (@)) from x", "from (summarize @)", "select exists(@)",
    "with recursive x as ((@) union all from x) from x", "(@) union by name (select 1)",
    "from checkins where participant in (select 'a' from (@))", "from checkins c, lateral (from (@))",
]  # fmt: skip


def nested(planted: str, around: list[str]) -> st.SearchStrategy[str]:
    """A text within up to four others."""

    def wrap(chosen: list[str]) -> str:
        text = planted
        for one in chosen:
            text = one.replace("@", text)
        return text

    return st.lists(st.sampled_from(around), max_size=4).map(wrap)


def queries(first: list[str], planted: str) -> st.SearchStrategy[str]:
    """Queries that hold a planted relation or expression somewhere."""
    return st.sampled_from(first).flatmap(lambda one: nested(one.replace("@", planted), AROUND_QUERIES))


def computing(expression: str) -> st.SearchStrategy[str]:
    return nested(expression, AROUND_EXPRESSIONS).flatmap(lambda whole: queries(COMPUTING, whole))


@given(st.sampled_from(FORBIDDEN_RELATIONS).flatmap(lambda relation: queries(READING, relation)))
def test_a_relation_that_may_not_be_read_is_found_anywhere(query: str) -> None:
    with pytest.raises(NotPermitted):
        PERMISSION.permit(query)


@given(st.sampled_from(FORBIDDEN_EXPRESSIONS).flatmap(computing))
def test_a_function_that_may_not_be_called_is_found_anywhere(query: str) -> None:
    with pytest.raises(NotPermitted):
        PERMISSION.permit(query)


@given(computing("length(zone)") | queries(READING, "checkins"))
def test_the_same_queries_pass_where_nothing_is_planted(query: str) -> None:
    try:
        permitted = PERMISSION.permit(query)
    except NotPermitted as refused:
        assume("not valid SQL" not in str(refused))  # such as a window within a window
        raise
    assert permitted == query


@given(st.text(max_size=200) | st.text(alphabet="select from(),\"'.*;-/$?0aA\x00", max_size=80))
def test_any_text_is_permitted_or_refused(text: str) -> None:
    with suppress(NotPermitted):
        PERMISSION.permit(text)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select * from particpants", "did you mean participants?"),
        ("select lenght('a')", "did you mean length?"),
        ("select getenv('X')", "may not call getenv"),
        ("from duckdb_settings", "no table or view duckdb_settings to read"),
        ("delete from checkins", "runs SELECT only"),
        ("select a from", "not valid SQL: syntax error"),
        ("select 1; select 2", "one SELECT at a time"),
        ("select " + "(" * 40_000 + "1" + ")" * 40_000, "nested too deeply"),
        ("select " + "[" * 400 + "]" * 400, "nested too deeply"),
        ("select 1" + " union select 1" * 9_000, "too many parts"),
        ("select 1" + " " * LONGEST, "longer than"),
        ("from " + ", ".join(["checkins"] * 101), "more than 100 tables"),
        ("select 'a\0'", "a character that is no text"),
        ("show databases", "`show tables`"),
    ],
)
def test_a_refusal_says_what_is_wrong(query: str, said: str) -> None:
    with pytest.raises(NotPermitted, match=said.replace("?", r"\?")):
        PERMISSION.permit(query)


def test_show_tables_lists_what_can_be_read_with_its_meaning() -> None:
    listed = open_store(":memory:").execute(PERMISSION.permit("show tables")).fetchall()
    assert {name for name, _ in listed} == RELATIONS[Role.STAFF]
    assert all(meaning for _, meaning in listed)
    with pytest.raises(NotPermitted):
        PERMISSION.permit("select * from (show tables)")


def test_every_permitted_function_exists() -> None:
    """A misspelt name would be refused without a reason, and a forbidden one be thought of as allowed."""
    found = {
        name.lower()
        for (name,) in duckdb.connect().execute("select function_name from duckdb_functions()").fetchall()
    }
    # These are names that the parser itself makes, or turns into something else.
    made = {"->", "count_star", "grouping", "grouping_id", "ifnull", "coalesce", "unnest", "not_like_escape"}
    assert found | made >= FUNCTIONS | TABLE_FUNCTIONS
