"""The gateway as a process of its own: what is wrong beside the intake is told and does not keep it shut."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import DEMO
from wellstream.local.kafka import free_port

WITHIN = 60.0
PATH = "an unguessable part of a path"
TWILIO = {"WELLSTREAM_TWILIO_AUTH_TOKEN": "a token of a Twilio account", "WELLSTREAM_SMS_PROVIDER": "twilio"}


@contextmanager
def gateway(home: Path, more: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Its address and its log; no Kafka is there."""
    port, log = free_port(), home / "log"
    given = {
        "HOME": home, "STUDY": DEMO, "KAFKA": "127.0.0.1:1", "GATEWAY_PORT": port, "ADMIN_PORT": free_port(),
        "VAULT_KEY": "a key of at least thirty-two characters", "ADMIN_TOKEN": "the admin API's token",
    }  # fmt: skip
    environment = {name: text for name, text in os.environ.items() if not name.startswith("WELLSTREAM_")}
    environment |= {f"WELLSTREAM_{name}": str(text) for name, text in given.items()}
    environment |= more
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "wellstream", "serve", "gateway"], env=environment, stdout=out, stderr=out
        )
    try:
        yield f"http://127.0.0.1:{port}", log
    finally:
        process.terminate()
        process.wait(WITHIN)


def told(address: str, name: str, state: str) -> dict[str, str]:
    """What `/readyz` says once it says this."""
    said: dict[str, str] = {}
    deadline = time.monotonic() + WITHIN
    while said.get(name) != state:
        assert time.monotonic() < deadline, said
        time.sleep(0.1)
        try:
            said = httpx.get(f"{address}/readyz", timeout=10).json()
        except httpx.TransportError:
            continue
    return said


@pytest.mark.parametrize(
    ("settings", "name", "sentence"),
    [
        (TWILIO, "sender", "twilio is to send texts, but WELLSTREAM_TWILIO_ACCOUNT_SID"),
        (
            {"WELLSTREAM_SMS_PROVIDER": "telnyx"},
            "sender",
            "WELLSTREAM_SMS_PROVIDER is telnyx, which is not set up",
        ),
        (
            {"WELLSTREAM_HTTP_SMS_SECRET": PATH},
            "incoming texts",
            "set WELLSTREAM_HTTP_SMS_PRESET to one of",
        ),
    ],
    ids=["no account", "not set up", "no preset"],
)
def test_a_wrong_setting_of_texts_leaves_the_form_open(
    tmp_path: Path, settings: dict[str, str], name: str, sentence: str
) -> None:
    with gateway(tmp_path, settings) as (address, log):
        assert told(address, name, "failing")["vault"] == "ready"
        assert httpx.get(f"{address}/c/unknown").status_code == 404
    lines = [line for line in log.read_text().splitlines() if "the form works" in line]
    assert len(lines) == 1
    assert sentence in lines[0]


@pytest.mark.slow
def test_a_sender_without_kafka_does_not_pass_for_working(tmp_path: Path) -> None:
    account = {"WELLSTREAM_TWILIO_ACCOUNT_SID": "AC1", "WELLSTREAM_TWILIO_FROM": "+447700900999"}
    with gateway(tmp_path, TWILIO | account) as (address, log):
        assert told(address, "sender", "failing")["kafka"] == "not ready"
    said = [line for line in log.read_text().splitlines() if "the sender is interrupted" in line]
    assert len(said) == 1
