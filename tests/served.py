"""A store's connection served to readers from a thread of the test."""

import os
import socket

import duckdb

from streams.store.endpoint import Endpoint
from streams.store.limits import Limits
from streams.store.reader_server import HttpServer
from streams.store.tokens import Holders, digest_of


def serve_read_only(
    connection: duckdb.DuckDBPyConnection, host: str, port: int, token: str, limits: Limits | None = None
) -> HttpServer:
    """Serve it until the test's process ends, or the server is stopped."""
    connection.execute("set global timezone = 'UTC'")
    limits = limits or Limits()
    endpoint = Endpoint(connection, Holders(digest_of(token), None), limits, None, os.abort)
    server = HttpServer(endpoint.app(), socket.create_server((host, port)), limits)
    server.start()
    return server
