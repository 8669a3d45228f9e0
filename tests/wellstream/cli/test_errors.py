"""Failures that users can act on are one sentence; every other exception class of ours is accounted for."""

import ast
import asyncio
import builtins
import errno
import sqlite3
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import duckdb
import pytest
from aiokafka.errors import KafkaConnectionError

from schemas.settings import MissingSetting
from wellstream.cli.errors import KNOWN, sentence_for
from wellstream.operations.topics import create_topics

ROOT = Path(__file__).parents[3]
ROOMS = ("schemas", "locales", "producers", "streams", "dashboard", "wellstream")
NEVER_REACHES_A_COMMAND = {
    "dashboard.sign_in.admission.NotAdmitted": "becomes a sentence of the sign-in page",
    "producers.imports.csv_table.CellRefused": "becomes a problem of its file",
    "producers.sms.providers.base.NotAuthentic": "the gateway answers 403",
    "producers.sms.providers.base.MalformedRequest": "the gateway answers 400",
    "schemas.base.FieldError": "becomes a problem of its definition",
    "schemas.codec.Unreadable": "the record becomes a dead letter",
    "schemas.consumers.ContractBroken": "a bug, found at import",
    "schemas.consumers.MisplacedEvent": "a bug, found at import",
    "schemas.sealing.WrongKey": "the record becomes a dead letter",
    "streams.notifier.channels.NotTold": "the notifier tries again",
    "streams.store.permission.NotPermitted": "the store answers with its sentence",
    "streams.worker.ports.SendFailed": "the worker starts again",
    "wellstream.formats.conditions.CannotExpress": "becomes a line of the report on losses",
}


def our_exceptions() -> dict[str, tuple[str, ...]]:
    """The public exception classes in the rooms, with the names of their bases."""
    classes = {
        ".".join([*path.relative_to(ROOT).with_suffix("").parts, node.name]): tuple(
            base.id if isinstance(base, ast.Name) else getattr(base, "attr", "") for base in node.bases
        )
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    known = {
        name
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    }
    found: dict[str, tuple[str, ...]] = {}
    while grown := {
        name: bases
        for name, bases in classes.items()
        if name not in found and any(base in known or base.endswith("Error") for base in bases)
    }:
        found |= grown
        known |= {name.rpartition(".")[2] for name in grown}
    return {name: bases for name, bases in found.items() if not name.rpartition(".")[2].startswith("_")}


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_every_known_failure_exists(name: str) -> None:
    module, _, kind = name.rpartition(".")
    found = getattr(import_module(module), kind)
    assert issubclass(found, Exception)
    # A name by which another module imports it would never match.
    assert f"{found.__module__}.{found.__qualname__}" == name


def test_every_exception_of_ours_is_a_sentence_or_never_reaches_a_command() -> None:
    known = {name.rpartition(".")[2] for name in KNOWN}
    missing = [
        name
        for name, bases in our_exceptions().items()
        if name not in KNOWN | NEVER_REACHES_A_COMMAND.keys() and not known & set(bases)
    ]
    assert not missing, f"add {missing} to wellstream.cli.errors.KNOWN if a command can raise them"
    assert our_exceptions().keys() >= NEVER_REACHES_A_COMMAND.keys()


def test_a_known_failure_is_its_sentence_and_another_one_is_none() -> None:
    assert sentence_for(MissingSetting("set it")) == "set it"
    assert sentence_for(ExceptionGroup("several", [MissingSetting("set it")])) == "set it"
    assert sentence_for(ZeroDivisionError("a fault of ours")) is None


def test_a_kafka_that_does_not_answer_is_one_sentence() -> None:
    with pytest.raises(KafkaConnectionError) as failure:
        asyncio.run(create_topics("127.0.0.1:1"))
    sentence = sentence_for(failure.value)
    assert (
        sentence == "Kafka does not answer at 127.0.0.1:1; is it running? WELLSTREAM_KAFKA says where it is"
    )


def test_a_full_disk_is_a_sentence_whoever_met_it() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "store.duckdb")
    assert "the disk is full at store.duckdb" in str(sentence_for(full))
    assert "the disk is full" in str(sentence_for(sqlite3.OperationalError("database or disk is full")))
    assert "the disk is full" in str(
        sentence_for(duckdb.IOException("Could not write: No space left on device"))
    )
    later = RuntimeError("the batch failed")
    later.__cause__ = full
    assert "the disk is full" in str(sentence_for(later))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_finds_no_room_is_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "wellstream", "codebook"],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "the disk is full" in done.stderr


def test_a_reader_that_went_away_is_no_failure_to_tell_of() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "wellstream", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as writing:
        assert writing.stdout
        assert writing.stderr
        writing.stdout.close()
        assert writing.stderr.read() == b""
