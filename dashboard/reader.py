"""Asking the store, through Quack. The only module of the dashboard that knows DuckDB."""

import threading
from datetime import date, datetime
from typing import Any

import duckdb
import pandas as pd
import sqlglot
from duckdb_extensions import import_extension
from sqlglot import exp

Value = str | int | float | bool | date | datetime | list[str] | None


class StoreUnavailable(RuntimeError):
    """The store does not answer."""


class NotAllowed(RuntimeError):
    """The store refuses the question, or cannot make sense of it."""


class Reader:
    """Asks read-only questions; may be used from several threads.

    Args:
        uri: The store, such as `quack:localhost:9494`.
        token: The store's token.
    """

    def __init__(self, uri: str, token: str) -> None:
        self._uri = uri
        self._token = token
        self._lock = threading.Lock()
        self._connection = duckdb.connect()
        for extension in ("httpfs", "quack"):
            import_extension(extension, con=self._connection)
            self._connection.execute(f"load {extension}")
        self._connection.execute("set timezone = 'UTC'")

    def query(self, sql: str, **params: Value) -> pd.DataFrame:
        """The answer to a SELECT, in which `:name` stands for the parameter of that name.

        Raises:
            StoreUnavailable: The store does not answer.
            NotAllowed: It refuses the question.
        """
        text = bind(sql, params) if params else sql
        with self._lock:
            try:
                return self._connection.execute(
                    "from quack_query(?, ?, token := ?, disable_ssl := true)", [self._uri, text, self._token]
                ).df()
            except (duckdb.IOException, duckdb.HTTPException, duckdb.ConnectionException):
                raise StoreUnavailable(f"the store does not answer at {self._uri}; is it running?") from None
            except duckdb.Error as error:
                raise NotAllowed(str(error).split("LINE 1:")[0].strip()[:500]) from None


def bind(sql: str, params: dict[str, Value]) -> str:
    """SQL with its `:name` placeholders replaced by quoted literals.

    Raises:
        KeyError: A placeholder has no value.
    """

    def fill(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Placeholder) and node.this:
            return _literal(params[node.this])
        return node

    return sqlglot.parse_one(sql, dialect="duckdb").transform(fill).sql(dialect="duckdb")


def _literal(value: Value) -> exp.Expression:
    if isinstance(value, list):
        return exp.Array(expressions=[exp.convert(element) for element in value])
    if isinstance(value, datetime):
        return exp.cast(exp.Literal.string(value.isoformat()), "timestamptz")
    found: Any = exp.convert(value)
    return exp.cast(exp.Literal.string(value.isoformat()), "date") if isinstance(value, date) else found
