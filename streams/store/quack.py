"""Serving an open DuckDB connection through Quack, for reading only."""

import duckdb
from duckdb_extensions import import_extension

# json_serialize_sql serialises SELECT only, so anything else has `error` set. A table function could read
# files, and so could a table whose name is a path; both are refused, save for functions that only count.
_MACRO = r"""
create or replace macro wellstream_may_read(session, query) as (
  coalesce(
    (json_serialize_sql(query::varchar)::json ->> '$.error') = 'false'
    and json_array_length(json_serialize_sql(query::varchar)::json, '$.statements') = 1
    and not exists (
      select 1 from (
        select unnest(regexp_extract_all(
          json_serialize_sql(query::varchar)::varchar, '"type":"TABLE_FUNCTION"')) as found))
    and not exists (
      select 1 from (
        select unnest(regexp_extract_all(
          json_serialize_sql(query::varchar)::varchar, '"table_name":"([^"]*)"', 1)) as name)
      where regexp_matches(name, '[./*\\]') or name ilike 'duckdb\_%' escape '\'),
    false))
"""


def serve_read_only(connection: duckdb.DuckDBPyConnection, host: str, port: int, token: str) -> None:
    """Serve the connection's database on `host:port` to whoever has the token; SELECT only."""
    import_extension("quack", con=connection)
    connection.execute("load quack")
    connection.execute(_MACRO)
    connection.execute("set global quack_authorization_function = 'wellstream_may_read'")
    local = host in {"localhost", "127.0.0.1"}
    connection.execute(
        "call quack_serve(?, token := ?, allow_other_hostname := ?, disable_ssl := true)",
        [f"quack:{host}:{port}", token, not local],
    )
