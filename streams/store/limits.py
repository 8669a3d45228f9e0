"""How much a reader may ask of the store: one place for every figure."""

from dataclasses import dataclass

_MB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What a query, a token and all readers together may use.

    Attributes:
        seconds: For how long a query runs that does not say how long it may.
        most_seconds: For how long one may run that does.
        at_once: Queries that run at the same time; further ones wait.
        at_once_by_token: How many of these one token may run.
        result_bytes: The size of a result, as Arrow.
        memory_mb: What DuckDB may use for all queries together, in megabytes.
        beyond_mb: What the process may use beyond that, in megabytes; it is ended where it needs more.
        temp_mb: What DuckDB may write to disk for them, in megabytes.
        connections: Open connections; the oldest that has not asked yet makes room for a further one.
        asking_seconds: How long a connection may take for its headers, and again for its query.
        sending_seconds: How long a client may take to fetch its result.
        stopping_seconds: How long a query may go on after it was interrupted; then its process is ended.
    """

    seconds: float = 60.0
    most_seconds: float = 600.0
    at_once: int = 8
    at_once_by_token: int = 4
    result_bytes: int = 256 * _MB
    memory_mb: int = 2048
    beyond_mb: int = 1024
    temp_mb: int = 1024
    connections: int = 128
    asking_seconds: float = 10.0
    sending_seconds: float = 120.0
    stopping_seconds: float = 10.0
