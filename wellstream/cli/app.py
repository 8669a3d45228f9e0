"""The `wellstream` command. Each command imports what it needs, so that `--help` answers at once."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from schemas.settings import Settings
from wellstream.cli.data import codebook, import_file, indicators
from wellstream.cli.errors import in_words
from wellstream.cli.instruments import instrument
from wellstream.cli.phone import phone
from wellstream.cli.report import report
from wellstream.cli.study_check import study_check
from wellstream.cli.study_formats import study_export, study_import
from wellstream.local.state import HOME, adopt_running, running_services

if TYPE_CHECKING:
    from collections.abc import Coroutine

STUDIES = Path(__file__).resolve().parents[2] / "studies"

app = typer.Typer(
    help="Mood tracking and ecological momentary assessment: check-ins through Kafka to dashboards.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
serve = typer.Typer(help="Run one service: what docker-compose runs.", no_args_is_help=True)
study = typer.Typer(help="Study definitions.", no_args_is_help=True)
participant = typer.Typer(help="Enrol people and make links for them.", no_args_is_help=True)
letters = typer.Typer(help="Records that could not be read or used.", no_args_is_help=True)
app.add_typer(serve, name="serve")
app.add_typer(study, name="study")
app.add_typer(participant, name="participant")
app.add_typer(letters, name="dead-letters")
app.add_typer(instrument, name="instrument")
app.command("import")(import_file)
app.command()(indicators)
app.command()(codebook)
app.command()(report)
app.command()(phone)
study.command("check")(study_check)
study.command("import")(study_import)
study.command("export")(study_export)

out = Console()
err = Console(stderr=True)

StudyOption = Annotated[Path, typer.Option(help="The study's YAML file.")]
FormatOption = Annotated[str, typer.Option("--format", help="table or csv.")]


@app.command()
def demo(
    for_: Annotated[
        float | None, typer.Option("--for", metavar="SECONDS", help="Stop after this long, live time only.")
    ] = None,
    people: Annotated[int, typer.Option(min=3, max=2000, help="How many simulated participants.")] = 60,
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days of past to invent.")] = 56,
    pace: Annotated[float, typer.Option(min=0.1, help="Seconds between live check-ins.")] = 2.0,
) -> None:
    """See it work: real Kafka, all services, a simulated study of eight weeks, then live.

    Needs nothing but uv; the first run downloads Kafka's jars. Ctrl-C stops everything.

    Examples: `wellstream demo` · `wellstream demo --for 60` · `wellstream demo --people 120 --days 28`
    """
    from wellstream.local.demo import run_demo

    raise typer.Exit(
        in_words(lambda: run_demo(HOME / "demo", STUDIES / "demo.yaml", for_, people, days, pace))
    )


@app.command()
def up(study_file: Annotated[Path, typer.Option("--study", help="The study's YAML file.")]) -> None:
    """Run all services on this machine for a study of your own; no simulation.

    Set WELLSTREAM_PUBLIC_URL and WELLSTREAM_TWILIO_AUTH_TOKEN first. Ctrl-C stops everything.

    Example: `wellstream up --study studies/demo.yaml`
    """
    from wellstream.local.demo import run_up

    raise typer.Exit(in_words(lambda: run_up(HOME, study_file)))


@serve.command("gateway")
def serve_gateway() -> None:
    """The SMS webhook, the web form and the vault."""
    from producers.gateway.server import serve_gateway as serve_it

    in_words(lambda: _run(serve_it(Settings())))


@serve.command("worker")
def serve_worker() -> None:
    """The Faust worker: parses texts, computes indicators."""
    from streams.worker.app import run_worker

    in_words(lambda: run_worker(Settings()))


def _run(service: Coroutine[Any, Any, None]) -> None:
    """Run a service on the fast event loop, where there is one for the system."""
    if sys.platform == "win32":
        asyncio.run(service)
    else:
        import uvloop

        uvloop.run(service)


@serve.command("planner")
def serve_planner() -> None:
    """The planner: decides when to ask whom, and asks."""
    from streams.scheduling.service import serve_planner as serve_it

    in_words(lambda: _run(serve_it(Settings())))


@serve.command("store")
def serve_store() -> None:
    """The owner of the DuckDB file; serves it read-only."""
    from streams.store.service import serve_store as serve_it

    in_words(lambda: asyncio.run(serve_it(Settings())))


@serve.command("dashboard")
def serve_dashboard() -> None:
    """The Streamlit dashboard."""
    import os

    from dashboard.server import command

    argv = command(Settings())
    os.execv(argv[0], argv)  # noqa: S606 - becomes Streamlit, so that signals reach it


@app.command()
def topics() -> None:
    """Create the topics that are missing; changes nothing that is there."""
    from wellstream.operations.topics import create_topics

    made = in_words(lambda: asyncio.run(create_topics(Settings().kafka)))
    out.print(f"created {len(made)} topics: {', '.join(made)}" if made else "all topics are there")


@study.command("schema")
def study_schema() -> None:
    """The JSON Schema of a study definition, for editors."""
    from schemas.study import Study

    print(json.dumps(Study.model_json_schema(), indent=2))


@app.command()
def schema() -> None:
    """The JSON Schema of the events on the topics."""
    from pydantic import TypeAdapter

    from schemas.events import Event

    print(json.dumps(TypeAdapter(Event).json_schema(), indent=2))


@participant.command("add")
def participant_add(
    number: Annotated[str, typer.Argument(help="Telephone number in E.164, or a CSV file.")],
    arm: Annotated[str, typer.Option(help="The arm's id in the study.")] = "",
    language: Annotated[str, typer.Option(help="Language tag, such as nl.")] = "",
    zone: Annotated[str, typer.Option(help="IANA time zone.")] = "",
    start: Annotated[str, typer.Option(help="First study day, YYYY-MM-DD; today by default.")] = "",
) -> None:
    """Enrol one person, or everybody in a CSV with columns number,arm,language,zone,start_date.

    Prints the pseudonyms, never the numbers.

    Example: `wellstream participant add +447700900123 --arm cbt --language en --zone Europe/London`
    """
    from wellstream.operations.enrolment import enrol

    if Path(number).is_file():
        with Path(number).open(newline="", encoding="utf-8") as file:
            people = list(csv.DictReader(file))
    else:
        people = [
            {
                "number": number,
                "arm": arm,
                "language": language,
                "zone": zone,
                "start_date": start or str(_today(zone)),
            }
        ]
    for pseudonym in in_words(lambda: enrol(adopt_running(), people)):
        print(pseudonym)


def _today(zone: str) -> date:
    from zoneinfo import ZoneInfo

    from schemas.clock import now

    return now().astimezone(ZoneInfo(zone or "UTC")).date()


@participant.command("link")
def participant_link(
    pseudonym: str, hours: Annotated[int, typer.Option(min=1, help="How long the link works.")] = 24
) -> None:
    """Make a link to the web form for a participant."""
    from wellstream.operations.enrolment import link

    print(in_words(lambda: link(adopt_running(), pseudonym, hours)))


@participant.command("pause")
def participant_pause(
    pseudonym: str,
    hours: Annotated[
        float | None, typer.Option(min=0.1, help="For how long; until `resume` by default.")
    ] = None,
) -> None:
    """Pause the prompts to a participant. A word of crisis does the same, until somebody has looked.

    Example: `wellstream participant pause p-0123456789abcdef --hours 48`
    """
    from wellstream.operations.enrolment import pause

    in_words(lambda: pause(adopt_running(), pseudonym, paused=True, hours=hours))
    out.print(f"prompts to {pseudonym} are paused")


@participant.command("resume")
def participant_resume(pseudonym: str) -> None:
    """Let the prompts to a participant go on."""
    from wellstream.operations.enrolment import pause

    in_words(lambda: pause(adopt_running(), pseudonym, paused=False))
    out.print(f"prompts to {pseudonym} go on")


@app.command()
def sql(query: str, format_: FormatOption = "table") -> None:
    """Ask the store a read-only question.

    Example: `wellstream sql "select arm, count(*) from participants group by arm"`
    """
    frame = in_words(lambda: _reader().query(query))
    if format_ == "csv":
        frame.to_csv(sys.stdout, index=False)
    else:
        _print_table(list(frame.columns), frame.itertuples(index=False))


class RowFormat(StrEnum):
    """How `wellstream indicators` writes its rows."""

    CSV = "csv"
    JSON = "json"


def _reader() -> Any:
    from streams.store.client import Reader

    settings = adopt_running()
    return Reader(settings.store_uri, settings.secret("store_token"))


def _print_table(columns: list[str], rows: Any) -> None:
    table = Table(*columns)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(table)


@letters.command("list")
def letters_list(limit: Annotated[int, typer.Option(min=1)] = 50, format_: FormatOption = "table") -> None:
    """The newest dead letters: where each came from and why it is here."""
    sql(
        'select occurred_at, topic, "partition", "offset", reason, detail, participant '  # noqa: S608
        f"from dead_letters order by occurred_at desc limit {limit:d}",
        format_,
    )


@letters.command("replay")
def letters_replay(
    reason: Annotated[str, typer.Option(help="Only those with this reason, such as unknown_version.")] = "",
    topic: Annotated[str, typer.Option(help="Only those that came from this topic.")] = "",
) -> None:
    """Put dead letters back on their topics, once what was wrong with them is mended.

    What is still wrong becomes a dead letter again. A form that the gateway refused never was on a
    topic and stays where it is.

    Example: `wellstream dead-letters replay --reason unknown_version` after an upgrade
    """
    from schemas.events import Reason
    from wellstream.operations.dead_letters import replay

    if reason and reason not in set(Reason):
        err.print(f"there is no reason {reason}; there are {', '.join(Reason)}")
        raise typer.Exit(2)
    settings = adopt_running()
    chosen = Reason(reason) if reason else None
    out.print(str(in_words(lambda: asyncio.run(replay(settings, chosen, topic or None)))), highlight=False)


@app.command()
def check() -> None:
    """Reconcile: accepted = stored + quarantined, and every prompt has one end. Exits 1 on a gap."""
    from wellstream.operations.check import prompts, reconcile

    found = in_words(lambda: reconcile(adopt_running()))
    asked = in_words(lambda: prompts(adopt_running()))
    out.print(str(asked), highlight=False, soft_wrap=True)
    out.print(str(found), highlight=False)
    raise typer.Exit(0 if found.lost == asked.lost == 0 else 1)


@app.command()
def rebuild() -> None:
    """Recompute the store from the topics into a new file, compare, and put it in place.

    The store must be stopped: under `up` and `demo`, stop those; with docker-compose,
    `docker compose stop store && docker compose run --rm store wellstream rebuild`.
    """
    from wellstream.operations.check import rebuild_store

    out.print(str(in_words(lambda: rebuild_store(adopt_running()))), highlight=False)


@app.command()
def status() -> None:
    """The running services: process id, address and health."""
    found = running_services()
    if not found:
        out.print("nothing is running here; start it with `wellstream demo` or `wellstream up --study FILE`")
        raise typer.Exit(1)
    columns = ["name", "pid", "address", "health"]
    _print_table(columns, ([service.get(c) for c in columns] for service in found))


@app.command()
def doctor() -> None:
    """What is installed, reachable and configured, and what to do about what is not."""
    from wellstream.operations.doctor import examine

    findings = examine(adopt_running())
    for finding in findings:
        out.print(
            ("[green]ok[/green]   " if finding.ok else "[red]look[/red] ") + finding.text, highlight=False
        )
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)
