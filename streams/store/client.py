"""Asking the store over HTTP. The only module of the dashboard that knows DuckDB."""

from collections.abc import Collection

import duckdb
import httpx
import pandas as pd
import pyarrow as pa

from streams.store.binding import Value, bind

_CONNECT_SECONDS = 10.0
_MARGIN_SECONDS = 5.0
_REBUILT_SECONDS = 3600.0
_UNAVAILABLE = 500
_UNKNOWN_TOKEN = 401


class StoreUnavailable(RuntimeError):
    """The store does not answer."""


class NotAllowed(RuntimeError):
    """The store refuses the question, cannot make sense of it, or has ended it at a limit."""


class UnknownToken(NotAllowed):
    """The store does not know the token."""


class Reader:
    """Asks read-only questions; may be used from several threads.

    Args:
        uri: The store, such as `http://localhost:9494`.
        token: The reader's token.
        limit_seconds: How long an answer may take.
    """

    def __init__(self, uri: str, token: str, limit_seconds: float = 60.0) -> None:
        self._uri = uri
        self._limit = limit_seconds
        # No proxy: the token is meant for the store alone.
        self._client = httpx.Client(
            base_url=uri, headers={"authorization": f"Bearer {token}"}, trust_env=False
        )
        self._local = duckdb.connect(config={"threads": "1"})

    def query(self, sql: str, **params: Value) -> pd.DataFrame:
        """The answer to a SELECT, in which `:name` stands for the parameter of that name.

        Raises:
            StoreUnavailable: The store does not answer.
            NotAllowed: It refuses the question.
        """
        answer = self._post("/query", bind(sql, params), self._limit)
        try:
            found = pa.ipc.open_stream(answer).read_all()
        except pa.ArrowInvalid:
            raise StoreUnavailable(f"the answer of the store at {self._uri} broke off; ask again") from None
        # Through DuckDB, so that types and missing values are as in a query of its own.
        with self._local.cursor() as local:
            local.execute("set timezone = 'UTC'")
            return local.from_arrow(found).df()

    def rebuilt(self, accept_loss: Collection[str]) -> str:
        """Have the store put the rebuilt file beside its own in its place; returns its report as JSON.

        Args:
            accept_loss: Tables that may lose rows.

        Raises:
            StoreUnavailable: The store does not answer.
            NotAllowed: It refuses; the text says why.
        """
        return self._post("/rebuilt", " ".join(accept_loss), _REBUILT_SECONDS).decode()

    def _post(self, path: str, body: str, limit: float) -> bytes:
        waits = httpx.Timeout(limit + min(limit, _MARGIN_SECONDS), connect=min(limit, _CONNECT_SECONDS))
        try:
            answer = self._client.post(
                path, params={"seconds": f"{limit:g}"}, content=body.encode(), timeout=waits
            )
        except (httpx.ReadTimeout, httpx.WriteTimeout):
            raise StoreUnavailable(
                f"the store at {self._uri} has not answered within {limit:.0f} s; look at its log"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise StoreUnavailable(f"the store does not answer at {self._uri}; is it running?") from None
        if answer.status_code == _UNKNOWN_TOKEN:
            raise UnknownToken(answer.text)
        if answer.status_code >= _UNAVAILABLE:
            raise StoreUnavailable(answer.text[:500] or f"the store at {self._uri} has failed; see its log")
        if answer.is_error:
            raise NotAllowed(answer.text[:500])
        return answer.content
