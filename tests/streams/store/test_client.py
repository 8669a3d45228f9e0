"""A store that is away or deaf is said to be so, in time."""

import socket

import pytest

from streams.store.client import Reader, StoreUnavailable
from wellstream.local.kafka import free_port


def test_a_store_that_is_away() -> None:
    with pytest.raises(StoreUnavailable, match="is it running"):
        Reader(f"http://localhost:{free_port()}", "token").query("select 1")


@pytest.mark.timeout(30)
def test_a_store_that_takes_the_question_and_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        reader = Reader(f"http://localhost:{deaf.getsockname()[1]}", "token", limit_seconds=0.3)
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="has not answered"):
                reader.query("select 1")
