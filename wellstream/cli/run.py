"""Running everything on this machine: `demo`, `up`, `status` and `doctor`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from schemas.settings import Settings
from wellstream.cli.errors import report_errors
from wellstream.cli.output import out, print_table
from wellstream.cli.values import finite
from wellstream.local.state import DEMO, adopt_running, running, running_services
from wellstream.operations.paths import STUDIES


def demo(
    for_: Annotated[
        float | None,
        typer.Option(
            "--for",
            metavar="SECONDS",
            min=0,
            max=31_536_000,
            callback=finite,
            help="Stop after this many seconds of live running.",
        ),
    ] = None,
    people: Annotated[int, typer.Option(min=3, max=2000, help="Number of simulated participants.")] = 60,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days of simulated past.")] = 56,
    pace: Annotated[
        float, typer.Option(min=0.1, max=86_400, callback=finite, help="Seconds between live check-ins.")
    ] = 2.0,
) -> None:
    """See wellstream work: a real Kafka, all services and a simulated study of eight weeks, then live.

    Needs nothing but uv; the first run downloads Kafka. Press Ctrl-C to stop everything.

    Examples: `wellstream demo` · `wellstream demo --for 60` · `wellstream demo --people 120 --days 28`
    """
    from wellstream.local.demo import run_demo

    raise typer.Exit(
        report_errors(
            lambda: run_demo(Settings().home / DEMO, STUDIES / "demo.yaml", for_, people, days, pace)
        )
    )


def up(study_file: Annotated[Path, typer.Option("--study", help="The study's YAML file.")]) -> None:
    """Run all services on this machine for a study of your own.

    Set WELLSTREAM_PUBLIC_URL and the settings of your SMS provider first (docs/sms.md). Press Ctrl-C to stop.

    Example: `wellstream up --study studies/demo.yaml`
    """
    from wellstream.local.demo import run_up

    raise typer.Exit(report_errors(lambda: run_up(Settings().home, study_file)))


def status() -> None:
    """Show the running services with process id, address and health.

    Example: `wellstream status`
    """
    found = report_errors(running_services)
    if not found:
        out.print(
            "Nothing is running here. Start with `wellstream demo` or `wellstream up --study FILE`.",
            soft_wrap=True,
        )
        raise typer.Exit(1)
    columns = ["name", "pid", "address", "health", "restarts", "reason"]
    print_table(columns, ([service.get(column) for column in columns] for service in found))


def doctor() -> None:
    """Check what is installed, reachable and configured, and say what to do about what is not.

    `ok` stands before what was tried and works; `untried` before what is set up and cannot be tried from
    here, such as sending a text.

    Example: `wellstream doctor`
    """
    from wellstream.operations.doctor import examine

    findings = report_errors(lambda: examine(adopt_running(), running()))
    colours = {"ok": "green", "check": "red", "untried": "yellow"}
    for finding in findings:
        mark = finding.mark
        out.print(Text.assemble((f"{mark:7}", colours[mark]), f" {finding.text}"), soft_wrap=True)
        if finding.remedy and mark != "ok":
            out.print(Text(f"        {finding.remedy}", "dim"), soft_wrap=True)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)
