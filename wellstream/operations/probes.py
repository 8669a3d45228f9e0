"""Probes: is a port open, and does a Kafka broker behind it handle requests?"""

import socket
import struct

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
