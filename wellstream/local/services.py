"""The services of an installation on this machine: their settings, order and readiness."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from schemas.heartbeat import beats
from schemas.settings import Settings, reached_at
from streams.store.client import NotAllowed, Reader, StoreUnavailable
from wellstream.local.environment import environment_of
from wellstream.local.keeper import Service
from wellstream.local.secrets import local_secrets
from wellstream.local.state import chosen_ports

_PROBE_SECONDS = 2.0
_STORE_SECONDS = 5.0
_SIMULATED_PACE = 1000.0


def local_settings(home: Path, study: Path, kafka: str, *, simulation: bool) -> Settings:
    """The settings of an installation on this machine: the environment's, with local secrets and Kafka.

    A secret or a port in the environment overrides the one in `home`.
    """
    given = Settings()
    made = {name: value for name, value in local_secrets(home).items() if getattr(given, name) is None}
    return Settings.model_validate(
        chosen_ports(home)
        | given.model_dump(exclude_unset=True)
        | made
        | {"home": home.absolute(), "study": study.absolute(), "kafka": kafka, "simulation": simulation}
        | ({"sms_segments_per_second": _SIMULATED_PACE} if simulation else {})
    )


def services(settings: Settings) -> list[Service]:
    """The services in the order in which they start, the intake first; they stop in reverse."""
    return [
        _gateway(settings),
        _store(settings),
        _ready_by_file(settings.worker_path / "ready", "worker", settings, 30, "Kafka group wellstream"),
        _ready_by_file(settings.home / "planner.ready", "planner", settings, 10, "reads and writes Kafka"),
        *_notifier(settings),
        _dashboard(settings),
    ]


def _gateway(settings: Settings) -> Service:
    address = reached_at(settings.gateway_host, settings.gateway_port)
    return replace(
        _service("gateway", settings, _responds(f"{address}/readyz"), 15, address),
        answers=_responds(f"{address}/healthz"),
        port=settings.gateway_port,
        intake=True,
    )


def _store(settings: Settings) -> Service:
    ready = _store_responds(settings)
    service = _service("store", settings, ready, 20, settings.store_uri)
    return replace(service, answers=ready, port=settings.store_port)


def _notifier(settings: Settings) -> list[Service]:
    """One that tells staff of calls for help, if there is somebody to tell."""
    if not settings.tells_staff:
        return []
    ready = settings.home / "notifier.ready"
    return [_ready_by_file(ready, "notifier", settings, 10, "tells staff of calls for help")]


def _dashboard(settings: Settings) -> Service:
    address = reached_at(settings.dashboard_host, settings.dashboard_port)
    ready = _responds(f"{address}/_stcore/health")
    service = _service("dashboard", settings, ready, 10, address)
    return replace(service, answers=ready, port=settings.dashboard_port)


def _service(
    name: str, settings: Settings, ready: Callable[[], bool], grace_seconds: float, address: str
) -> Service:
    command = [sys.executable, "-m", "wellstream", "serve", name]
    return Service(
        name=name,
        command=command,
        env=environment_of(name, settings),
        ready=ready,
        grace_seconds=grace_seconds,
        address=address,
    )


def _ready_by_file(file: Path, name: str, settings: Settings, grace_seconds: float, address: str) -> Service:
    return replace(_service(name, settings, lambda: beats(file), grace_seconds, address), ready_file=file)


def _responds(url: str) -> Callable[[], bool]:
    def probe() -> bool:
        try:
            with urlopen(url, timeout=_PROBE_SECONDS) as response:  # noqa: S310 - our own address
                return bool(response.status == 200)
        except (URLError, OSError):
            return False

    return probe


def _store_responds(settings: Settings) -> Callable[[], bool]:
    reader = cache(lambda: Reader(settings.store_uri, settings.secret("store_token"), _STORE_SECONDS))

    def probe() -> bool:
        try:
            reader().query("select 1")
        except (StoreUnavailable, NotAllowed):
            return False
        return True

    return probe
