"""Probes: is a port open, whose is it, and does a Kafka broker behind it handle requests?"""

import contextlib
import errno
import os
import socket
import struct
from typing import Any

import psutil

_LIMIT_SECONDS = 1.0
_API_VERSIONS = 18


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server accepts connections on a port."""
    try:
        with socket.create_connection((host, port), _LIMIT_SECONDS):
            return True
    except OSError:
        return False


def speaks_kafka(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a broker handles requests on a port; it accepts connections some time before it does."""
    correlation = 7
    request = struct.pack(">hhih", _API_VERSIONS, 0, correlation, -1)
    try:
        with socket.create_connection((host, port), _LIMIT_SECONDS) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            head = connection.recv(8, socket.MSG_WAITALL)
    except OSError:
        return False
    return len(head) == 8 and struct.unpack(">ii", head)[1] == correlation


def owns_port(pid: int, port: int) -> bool:
    """Whether a process, or one that it started, listens on a TCP port; True where that cannot be seen."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return any(_listens_on(member, port) for member in family)
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False


def _listens_on(process: psutil.Process, port: int) -> bool:
    return any(_is_listener(found, port) for found in process.net_connections(kind="tcp"))


def _is_listener(found: Any, port: int) -> bool:
    return bool(found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port)


def why_not_bound(host: str, port: int) -> str:
    """Why a server cannot listen on a port, such as `is in use by process 4711 (nginx)`; empty if it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"is in use by {_owner_of(port)}"
            return f"cannot be opened: {error.strerror}"
    return ""


def _owner_of(port: int) -> str:
    """The program that listens on a TCP port, such as `process 4711 (postgres)`; as far as it can be seen."""
    with contextlib.suppress(psutil.Error):
        for found in psutil.net_connections(kind="tcp"):
            if _is_listener(found, port) and found.pid:
                return f"process {found.pid} ({psutil.Process(found.pid).name()})"
    return "another program"
