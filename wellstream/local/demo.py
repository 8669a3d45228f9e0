"""`demo` and `up`: run everything on this machine. Stopping leaves no process and loses no check-in."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dashboard.sign_in.policy import asks
from producers.simulator.ledger import Ledger
from producers.simulator.run import go_live, send_past
from schemas.clock import now
from schemas.settings import Settings, reached_at
from schemas.study.file import load_study
from schemas.topic_rights import OPERATOR, RIGHTS
from streams.store.client import Reader
from streams.store.reconcile import settle
from wellstream.local.environment import as_operator
from wellstream.local.kafka import kafka_service
from wellstream.local.kafka_users import kafka_users
from wellstream.local.ports import free_kafka_port, refuse_taken_ports
from wellstream.local.services import local_settings, services
from wellstream.local.state import claim_home, published
from wellstream.local.supervisor import Supervisor, sole_run
from wellstream.operations.kafka_users import set_passwords
from wellstream.operations.study_safety import require_help
from wellstream.operations.topic_rights import grant
from wellstream.operations.topics import create_topics, record_retention

SETTLE_SECONDS = 120.0
_ALL_WITHIN_SECONDS = 300.0
_SEED = 2023

out = Console()


def run_up(home: Path, study_file: Path) -> int:
    """Run all services for your own study until Ctrl-C or SIGTERM; returns the exit code."""
    require_help(study_file)
    with _installation(home, study_file, simulation=False, all_within=None) as settings:
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
def _installation(
    home: Path, study_file: Path, *, simulation: bool, all_within: float | None = _ALL_WITHIN_SECONDS
) -> Iterator[Settings]:
    os.umask(0o077)  # whatever is written from here on, by the services too, is for its owner alone
    claim_home(home)
    with sole_run(home):
        port = free_kafka_port(home)
        settings = local_settings(home, study_file, f"127.0.0.1:{port}", simulation=simulation)
        settings = as_operator(settings)
        asks(settings)
        refuse_taken_ports(settings)
        with out.status("preparing Kafka; the first run downloads about 50 MB"):
            users = kafka_users(home)
            kafka = kafka_service(home / "kafka", port, users)
        kafka_with_topics = replace(kafka, once_ready=lambda: _prepare_kafka(settings, users))
        supervisor = Supervisor(
            settings.home, [kafka_with_topics, *services(settings)], all_within=all_within, tell=_tell
        )
        with published(settings), supervisor:
            yield settings


def _tell(sentence: str) -> None:
    with suppress(OSError):  # nobody reads the terminal any more
        out.print(f"[yellow]wellstream:[/yellow] {escape(sentence)}", highlight=False, soft_wrap=True)


def _prepare_kafka(settings: Settings, users: Mapping[str, str]) -> None:
    asyncio.run(_users_topics_and_rights(settings, users))


async def _users_topics_and_rights(settings: Settings, users: Mapping[str, str]) -> None:
    await set_passwords(settings.broker, {user: users[user] for user in (OPERATOR, *RIGHTS)})
    await create_topics(settings.broker, record_days=record_retention(settings))
    await grant(settings.broker)


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
    gateway = reached_at(settings.gateway_host, settings.gateway_port)
    dashboard = reached_at(settings.dashboard_host, settings.dashboard_port)
    without = asks(settings) and not settings.oidc_client_id and not settings.dashboard_users_path.exists()
    make = "  (nobody can sign in yet: wellstream dashboard-user add NAME)" if without else ""
    out.print(f"dashboard  {dashboard}{make}", soft_wrap=True)
    out.print(f"gateway    {gateway}  (public: {settings.public_url})")
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
