"""Files of past check-ins: `wellstream import` and `wellstream indicators`."""

import asyncio
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from wellstream.cli.errors import report_errors
from wellstream.cli.output import out
from wellstream.local.state import adopt_running


class RowFormat(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSON = "json"


def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV with one line per prompt.")],
    study: Annotated[Path, typer.Option("--study", help="The study's YAML file.")],
    map_: Annotated[Path, typer.Option("--map", help="The mapping (YAML): what the columns mean.")],
    check_only: Annotated[bool, typer.Option("--check", help="Only read and count; send nothing.")] = False,
) -> None:
    """Import a file of past check-ins through Kafka.

    The whole file is checked before anything is sent. Importing it twice changes nothing, because ids are
    derived from its content. Participants get pseudonyms; do not import files that identify people by
    telephone number. docs/importing.md explains the mapping.

    Examples: `wellstream import checkins.csv --study study.yaml --map map.yaml --check` ·
    `wellstream import ema.csv --study studies/fried2021/study.yaml --map studies/fried2021/map.yaml`
    """
    report_errors(lambda: _import(file, study, map_, check_only=check_only))


def _import(file: Path, study_file: Path, map_file: Path, *, check_only: bool) -> None:
    from producers.imports.send import send
    from streams.store.client import Reader
    from wellstream.operations.imports import Imported, events_in, wait_until_stored

    study, events = events_in(file, study_file, map_file)
    counted = Imported.of(events)
    if not check_only:
        settings = adopt_running("kafka", "store_token")
        with Progress(console=out, transient=True) as bar:
            task = bar.add_task("sending", total=len(events))
            asyncio.run(send(settings.broker, study, events, lambda count: bar.advance(task, count)))
        with out.status("waiting for the store"):
            reader = Reader(settings.store_uri, settings.secret("store_token"))
            wait_until_stored(reader.query, study, counted)
    out.print(str(counted), highlight=False)


def indicators(
    file: Annotated[Path, typer.Argument(help="A CSV of check-ins with one line per prompt.")],
    format_: Annotated[RowFormat, typer.Option("--format", help="csv or json.")] = RowFormat.CSV,
    who: Annotated[
        list[str] | None, typer.Option("--participant", help="Only this participant; repeatable.")
    ] = None,
    item: Annotated[str, typer.Option(help="Only this scale or item, where an indicator is of one.")] = "",
    end: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"],
            help="Also compute the seven days up to this time, such as 2024-04-03T22:00Z; not with --study.",
        ),
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option("--study", help="The study's YAML file, for a file with a mapping."),
    ] = None,
    map_: Annotated[
        Path | None, typer.Option("--map", help="The mapping (YAML); required with --study.")
    ] = None,
) -> None:
    """Compute every indicator for each participant in a file of check-ins, without running services.

    Writes `participant,indicator,scale,value,n,n_pairs,reason,notes` in full precision. An indicator of one
    scale has a row for each of the study's measures, and for each item that measures none. Undefined values
    are empty (null) and have a reason. docs/indicators.md explains indicators, reasons and notes. With
    --study and --map, participants appear under the pseudonyms that `wellstream import` gives them, with the
    values that a running installation has after the import.

    Examples: `wellstream indicators checkins.csv > indicators.csv` ·
    `wellstream indicators checkins.csv --format json --participant P01 --participant P02` ·
    `wellstream indicators checkins.csv --item stress` ·
    `wellstream indicators ema.csv --study studies/fried2021/study.yaml --map studies/fried2021/map.yaml`
    """
    from wellstream.operations.indicators import mapped_rows_of, rows_of, write_csv, write_json

    if (study is None) != (map_ is None):
        raise typer.BadParameter("--study and --map go together")
    rows = report_errors(
        lambda: (
            mapped_rows_of(file, study, map_, who or [], item)
            if study and map_
            else rows_of(file, who or [], item, end)
        )
    )
    (write_csv if format_ is RowFormat.CSV else write_json)(rows, sys.stdout)
