"""The store: DuckDB as a projection of the topics, owned by one process, served read-only.

`rows`, `schema` and `views` declare what is in it. `ingest` and `projection` turn records into rows, `writer`
puts them into the file with their offsets, and `service` is the process that does so. Beside it, `feed`
keeps a `reader_process` with a copy of the file, whose `endpoint` answers the readers that have one of the
`tokens`: `permission` says what they may ask, `limits` how much. `client` asks a running store, with
parameters by `binding`; `queries` holds what the pages ask, and `series` reads whole records for `batch_job`.
`reconcile` and `retention` compare the store with Kafka, and `rebuild` makes the file anew. Other packages
use what `__all__` names.
"""

__all__ = [
    "batch_job",
    "binding",
    "catalogue",
    "client",
    "projection",
    "queries",
    "rebuild",
    "reconcile",
    "retention",
    "rows",
    "schema",
    "series",
    "service",
    "tokens",
    "views",
    "writer",
]
