"""`wellstream serve`: one service per process, as docker-compose runs them."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any

import typer

from schemas.settings import Settings, refuse_weak_secrets
from wellstream.cli.errors import report_errors
from wellstream.local.parent import leave_no_orphan

if TYPE_CHECKING:
    from collections.abc import Coroutine

app = typer.Typer(name="serve", help="Run a single service, as docker-compose does.", no_args_is_help=True)


def _settings() -> Settings:
    settings = Settings()
    refuse_weak_secrets(settings)
    leave_no_orphan()
    os.umask(0o077)  # what a service writes is for its own user alone
    return settings


@app.command()
def gateway() -> None:
    """Run the gateway: SMS webhook, web form, admin API, dispatcher and the vault.

    Example: `WELLSTREAM_STUDY=studies/demo.yaml wellstream serve gateway`
    """
    from producers.gateway.server import serve_gateway

    report_errors(lambda: _run(serve_gateway(_settings())))


@app.command()
def worker() -> None:
    """Run the Faust worker: the SMS conversation and the rolling indicators.

    Example: `wellstream serve worker`
    """
    from streams.worker.app import run_worker

    report_errors(lambda: run_worker(_settings()))


@app.command()
def planner() -> None:
    """Run the planner: it decides whom to prompt, and when.

    Example: `wellstream serve planner`
    """
    from streams.scheduling.service import serve_planner

    report_errors(lambda: _run(serve_planner(_settings())))


@app.command()
def notifier() -> None:
    """Run the notifier: it tells staff of calls for help by e-mail and webhook.

    Example: `wellstream serve notifier`
    """
    from streams.notifier.service import serve_notifier

    report_errors(lambda: _run(serve_notifier(_settings())))


@app.command()
def store() -> None:
    """Run the store: it owns the DuckDB file and serves it read-only.

    Example: `wellstream serve store`
    """
    from streams.store.service import serve_store

    report_errors(lambda: asyncio.run(serve_store(_settings())))


@app.command()
def dashboard() -> None:
    """Run the dashboard: Streamlit behind a page that asks who is there.

    It asks nobody only where it listens on a loopback address and either shows a simulated study or has
    WELLSTREAM_DASHBOARD_SIGN_IN=false. `wellstream dashboard-user add` makes an account.

    Example: `wellstream serve dashboard`
    """
    from dashboard.server import serve_dashboard

    report_errors(lambda: serve_dashboard(_settings()))


def _run(service: Coroutine[Any, Any, None]) -> None:
    """Run a service on uvloop, which Windows does not have."""
    if sys.platform == "win32":
        asyncio.run(service)
    else:
        import uvloop

        uvloop.run(service)
