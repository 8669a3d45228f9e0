"""Parameters of SQL: every `:name`, wherever a question is asked, becomes a quoted literal here."""

from collections.abc import Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import sqlglot
from sqlglot import TokenType, exp

Value = str | int | float | bool | date | datetime | list[str] | None


def bind(sql: str, params: Mapping[str, Value]) -> str:
    """SQL with its `:name` placeholders replaced by quoted literals; as it is where there are none.

    Raises:
        KeyError: A placeholder has no value.
    """
    if not params:
        return sql
    parts, done = [], 0
    tokens = sqlglot.tokenize(sql, read="duckdb")
    for colon, name in pairwise(tokens):
        adjacent = colon.token_type is TokenType.COLON and name.start == colon.end + 1
        if adjacent and name.text.isidentifier():
            parts += [sql[done : colon.start], _literal(params[name.text]).sql(dialect="duckdb")]
            done = name.end + 1
    return "".join([*parts, sql[done:]])


def _literal(value: Value) -> exp.Expression:
    if isinstance(value, list):
        return exp.Array(expressions=[exp.convert(element) for element in value])
    if isinstance(value, datetime):
        return exp.cast(exp.Literal.string(value.isoformat()), "timestamptz")
    found: Any = exp.convert(value)
    return exp.cast(exp.Literal.string(value.isoformat()), "date") if isinstance(value, date) else found
