"""`wellstream check`: is everything that was acknowledged where it should be?"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wellstream.cli.errors import print_error, report_errors, sentence_for
from wellstream.cli.output import out
from wellstream.local.state import adopt_running

if TYPE_CHECKING:
    from wellstream.operations.check import Checked


def check(
    watch: Annotated[bool, typer.Option("--watch", help="Repeat, and print only what has changed.")] = False,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", min=1, help="With --watch: the time between two.")
    ] = 300,
    metrics: Annotated[
        Path | None,
        typer.Option("--metrics", metavar="FILE", help="Also write the figures to a file for Prometheus."),
    ] = None,
) -> None:
    """Compare what was acknowledged with Kafka and with the store, by id and by content.

    What Kafka acknowledged to the gateway must be on its topic, unchanged; every record on the topics must
    be in the store, row by row: answers, indicators, consents, enrolments, delivery reports and the rest. The
    first one that is missing and the first that differs are named with topic, partition and offset. Also
    counts accepted = stored + quarantined, and prompts by how they ended, and says whether Kafka has deleted
    records that the store was made from. Exits with 1 if something is missing or differs.

    `unplaced` counts what Kafka acknowledged without saying where, as it may for a repetition, and what could
    not be found by its content either.

    `--metrics FILE` writes `wellstream_check_accepted`, `_stored`, `_quarantined`, `_acknowledged`,
    `_unplaced`, `_behind`, `_lost`, `_differing` and `_time_seconds`, from which the age of the last check
    follows, for the textfile collector of Prometheus' node exporter.

    Examples: `wellstream check` · `wellstream check --watch --every 60 --metrics check.prom`
    """
    if not watch:
        found = report_errors(lambda: _checked(metrics))
        _print(found.lines())
        raise typer.Exit(0 if found.whole else 1)
    before: set[str] = set()
    while True:
        before = _print_changes(before, metrics)
        time.sleep(every)


def _checked(metrics: Path | None) -> Checked:
    from wellstream.operations.check import check_everything, write_metrics

    found = check_everything(adopt_running("kafka", "store_token", "admin_token"))
    if metrics is not None:
        write_metrics(found, metrics)
    return found


def _print_changes(before: set[str], metrics: Path | None) -> set[str]:
    """Check once more and print the lines that were not there before, also where a service is away."""
    try:
        lines = _checked(metrics).lines()
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        if sentence not in before:
            print_error(sentence)
        return {sentence}
    _print([line for line in lines if line not in before])
    return set(lines)


def _print(lines: list[str]) -> None:
    for line in lines:
        out.print(line, highlight=False, soft_wrap=True, markup=False)
