"""`demo` and `up`: run everything on this machine. Stopping leaves no process and loses no check-in."""

import asyncio
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from producers.simulator.ledger import Ledger
from producers.simulator.run import go_live, send_past
from schemas.clock import now
from schemas.settings import Settings
from schemas.study.file import load_study
from streams.store.client import Reader
from streams.store.reconcile import settle
from wellstream.local.kafka import free_port, kafka_service
from wellstream.local.services import local_settings, services
from wellstream.local.state import claim_home
from wellstream.local.supervisor import Supervisor, sole_run
from wellstream.operations.study_safety import require_help
from wellstream.operations.topics import create_topics, record_retention

SETTLE_SECONDS = 120.0
_SEED = 2023

out = Console()


def run_up(home: Path, study_file: Path) -> int:
    """Run all services for your own study until Ctrl-C or SIGTERM; returns the exit code."""
    require_help(study_file)
    with _installation(home, study_file, simulation=False) as settings:
        _print_addresses(settings)
        asyncio.run(_stopped())
    return 0


def run_demo(home: Path, study_file: Path, seconds: float | None, people: int, days: int, pace: float) -> int:
    """Run the demo until Ctrl-C or SIGTERM, or for a number of seconds of live running.

    Args:
        home: State folder.
        study_file: The study to simulate.
        seconds: How long to run live; None for no limit.
        people: Number of simulated participants.
        days: Days of simulated past.
        pace: Seconds between live check-ins.

    Returns:
        0 if every acknowledged check-in is stored or quarantined, else 1.
    """
    with _installation(home, study_file, simulation=True) as settings:
        ledger = asyncio.run(_simulate(settings, seconds, people, days, pace))
        with out.status("waiting until every accepted check-in is stored"):
            summary = settle(
                Reader(settings.store_uri, settings.secret("store_token")).query,
                ledger.accepted,
                SETTLE_SECONDS,
            )
    out.print(str(summary), highlight=False)
    return 0 if summary.lost == 0 else 1


@contextmanager
def _installation(home: Path, study_file: Path, *, simulation: bool) -> Iterator[Settings]:
    claim_home(home)
    with sole_run(home):
        with out.status("preparing Kafka; the first run downloads about 50 MB"):
            kafka = kafka_service(home / "kafka", free_port())
        settings = local_settings(home, study_file, kafka.address, simulation=simulation)
        _save(settings)
        kafka_with_topics = replace(kafka, once_ready=lambda: _create_topics(settings))
        with Supervisor(settings.home, [kafka_with_topics, *services(settings)]):
            yield settings


def _create_topics(settings: Settings) -> None:
    asyncio.run(create_topics(settings.kafka, record_days=record_retention(settings)))


def _save(settings: Settings) -> None:
    """Save the settings for the other commands, which read the masked secrets from `secrets.json`."""
    path = settings.home / "settings.json"
    path.write_text(json.dumps(settings.model_dump(mode="json"), indent=2))


async def _simulate(settings: Settings, seconds: float | None, people: int, days: int, pace: float) -> Ledger:
    study = load_study(settings.study_path)
    ledger = Ledger.load(
        settings.home / "simulator.json", seed=_SEED, people=people, days=days, today=now().date()
    )
    stop = asyncio.Event()
    waiting = asyncio.ensure_future(_stopped())
    with _progress() as report:
        past = asyncio.ensure_future(send_past(settings, study, ledger, now(), report))
        await asyncio.wait({past, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not past.done():
        past.cancel()
        await asyncio.wait({past})
        ledger.save()
        return ledger
    past.result()
    _print_addresses(settings)
    live = asyncio.ensure_future(go_live(settings, study, ledger, now, stop, pace))
    await asyncio.wait({live, waiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    stop.set()
    await live
    return ledger


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("sending the simulated past", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print_addresses(settings: Settings) -> None:
    out.print(f"dashboard  http://{settings.dashboard_host}:{settings.dashboard_port}")
    out.print(
        f"gateway    http://{settings.gateway_host}:{settings.gateway_port}  (public: {settings.public_url})"
    )
    out.print(f"state      {settings.home}")
    out.print("Press Ctrl-C to stop everything.")


async def _stopped() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    try:
        await stopped.wait()
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)
