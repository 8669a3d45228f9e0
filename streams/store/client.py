"""Asking the store, through Quack. The only module of the dashboard that knows DuckDB."""

import threading
from concurrent.futures import Future

import duckdb
import pandas as pd
from duckdb_extensions import import_extension

from streams.store.binding import Value, bind


class StoreUnavailable(RuntimeError):
    """The store does not answer."""


class NotAllowed(RuntimeError):
    """The store refuses the question, or cannot make sense of it."""


class Reader:
    """Asks read-only questions; may be used from several threads.

    Args:
        uri: The store, such as `quack:localhost:9494`.
        token: The store's token.
        limit_seconds: How long to wait for an answer.
    """

    def __init__(self, uri: str, token: str, limit_seconds: float = 60.0) -> None:
        self._uri = uri
        self._token = token
        self._limit = limit_seconds
        self._lock = threading.Lock()
        self._connection = _connect()

    def query(self, sql: str, **params: Value) -> pd.DataFrame:
        """The answer to a SELECT, in which `:name` stands for the parameter of that name.

        Raises:
            StoreUnavailable: The store does not answer.
            NotAllowed: It refuses the question.
        """
        text = bind(sql, params)
        with self._lock:
            try:
                return self._ask(text)
            except (duckdb.IOException, duckdb.HTTPException, duckdb.ConnectionException):
                raise StoreUnavailable(f"the store does not answer at {self._uri}; is it running?") from None
            except duckdb.Error as error:
                raise NotAllowed(str(error).split("LINE 1:")[0].strip()[:500]) from None

    def _ask(self, text: str) -> pd.DataFrame:
        """Ask in a thread of its own: Quack's client (1.5.5) heeds no limit, and cannot be interrupted."""
        answer: Future[pd.DataFrame] = Future()
        asking = (self._connection, [self._uri, text, self._token], answer)
        threading.Thread(target=_answer, args=asking, daemon=True).start()
        try:
            return answer.result(self._limit)
        except TimeoutError:
            self._connection = _connect()  # the other one still waits
            raise StoreUnavailable(
                f"the store at {self._uri} has not answered within {self._limit:.0f} s; look at its log"
            ) from None


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for extension in ("httpfs", "quack"):
        import_extension(extension, con=connection)
        connection.execute(f"load {extension}")
    connection.execute("set timezone = 'UTC'")
    return connection


def _answer(connection: duckdb.DuckDBPyConnection, values: list[str], answer: "Future[pd.DataFrame]") -> None:
    try:
        answer.set_result(
            connection.execute("from quack_query(?, ?, token := ?, disable_ssl := true)", values).df()
        )
    except Exception as error:
        answer.set_exception(error)
