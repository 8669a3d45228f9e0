"""What is on the topics stays readable: version 1 of every event, as it was first written, is still read."""

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from schemas.codec import decode, encode
from schemas.events import Event

FOLDER = Path(__file__).parent
WRITTEN = [line for line in (FOLDER / "events_v1.jsonl").read_text(encoding="utf-8").splitlines() if line]


@pytest.mark.parametrize(
    "line", WRITTEN, ids=lambda line: json.loads(line)["type"] + str(json.loads(line).get("version", ""))
)
def test_what_was_written_is_read_and_written_the_same(line: str) -> None:
    event = decode(line.encode())
    assert json.loads(encode(event)) == json.loads(line)


def test_there_is_one_of_every_type() -> None:
    types = {json.loads(line)["type"] for line in WRITTEN}
    assert types == set(TypeAdapter(Event).json_schema()["discriminator"]["mapping"])
