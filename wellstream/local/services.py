"""The services of an installation on this machine: their settings, order and readiness."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from schemas.settings import Settings
from streams.store.client import NotAllowed, Reader, StoreUnavailable
from wellstream.local.secrets import local_secrets
from wellstream.local.supervisor import Service

_PROBE_SECONDS = 2.0
_SIMULATED_PACE = 1000.0


def local_settings(home: Path, study: Path, kafka: str, *, simulation: bool) -> Settings:
    """The settings of an installation on this machine: the environment's, with local secrets and Kafka.

    A secret in the environment overrides the one in `home`.
    """
    given = Settings()
    made = {name: value for name, value in local_secrets(home).items() if getattr(given, name) is None}
    return Settings.model_validate(
        given.model_dump()
        | made
        | {"home": home.absolute(), "study": study.absolute(), "kafka": kafka, "simulation": simulation}
        | ({"sms_segments_per_second": _SIMULATED_PACE} if simulation else {})
    )


def environment(settings: Settings) -> dict[str, str]:
    """The settings as environment variables, for a child process."""
    variables = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is not None:
            text = value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
            variables[f"WELLSTREAM_{name.upper()}"] = text
    return variables


def services(settings: Settings) -> list[Service]:
    """The services in the order in which they start; they stop in reverse."""
    variables = environment(settings)
    gateway = f"http://{settings.gateway_host}:{settings.gateway_port}"
    dashboard = f"http://{settings.dashboard_host}:{settings.dashboard_port}"
    return [
        _service("store", variables, lambda: _store_responds(settings), 20, settings.store_uri),
        _service("gateway", variables, _responds(f"{gateway}/readyz"), 15, gateway),
        _ready_by_file(settings.worker_path / "ready", "worker", variables, 30, "Kafka group wellstream"),
        _ready_by_file(settings.home / "planner.ready", "planner", variables, 10, "reads and writes Kafka"),
        _service("dashboard", variables, _responds(f"{dashboard}/_stcore/health"), 10, dashboard),
    ]


def _service(
    name: str, variables: Mapping[str, str], ready: Callable[[], bool], grace_seconds: float, address: str
) -> Service:
    command = [sys.executable, "-m", "wellstream", "serve", name]
    return Service(
        name=name,
        command=command,
        env=dict(variables),
        ready=ready,
        grace_seconds=grace_seconds,
        address=address,
    )


def _ready_by_file(
    file: Path, name: str, variables: Mapping[str, str], grace_seconds: float, address: str
) -> Service:
    return replace(_service(name, variables, file.exists, grace_seconds, address), ready_file=file)


def _responds(url: str) -> Callable[[], bool]:
    def probe() -> bool:
        try:
            with urlopen(url, timeout=_PROBE_SECONDS) as response:  # noqa: S310 - our own address
                return bool(response.status == 200)
        except (URLError, OSError):
            return False

    return probe


def _store_responds(settings: Settings) -> bool:
    try:
        Reader(settings.store_uri, settings.secret("store_token")).query("select 1")
    except (StoreUnavailable, NotAllowed):
        return False
    return True
