"""`wellstream import` and `wellstream indicators`: what the command does with files of check-ins."""

import asyncio
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from wellstream.cli.errors import in_words
from wellstream.local.state import adopt_running

out = Console()


class RowFormat(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSON = "json"


def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV, a line for each prompt.")],
    study: Annotated[Path, typer.Option("--study", help="The study's YAML file.")],
    map_: Annotated[Path, typer.Option("--map", help="YAML: what the file's columns mean.")],
    check_only: Annotated[bool, typer.Option("--check", help="Read and count only; send nothing.")] = False,
) -> None:
    """Send a file of past check-ins through Kafka, as if they came in now.

    The whole file is checked before anything is sent. Importing it again changes nothing: ids follow from
    the file's content. People get pseudonyms; a file that names people by telephone number is not for this.
    docs/importing.md explains the mapping.

    Examples: `wellstream import checkins.csv --study study.yaml --map map.yaml --check` ·
    `wellstream import ema.csv --study studies/fried2021/study.yaml --map studies/fried2021/map.yaml`
    """
    in_words(lambda: _import(file, study, map_, check_only=check_only))


def _import(file: Path, study_file: Path, map_file: Path, *, check_only: bool) -> None:
    from producers.imports.send import send
    from streams.store.client import Reader
    from wellstream.operations.imports import Imported, events_in, wait_until_stored

    study, events = events_in(file, study_file, map_file)
    counted = Imported.of(events)
    if not check_only:
        settings = adopt_running()
        with Progress(console=out, transient=True) as bar:
            task = bar.add_task("sending", total=len(events))
            asyncio.run(send(settings.kafka, study, events, lambda count: bar.advance(task, count)))
        with out.status("waiting until the store has everything"):
            reader = Reader(settings.store_uri, settings.secret("store_token"))
            wait_until_stored(reader.query, study, counted)
    out.print(str(counted), highlight=False)


def indicators(
    file: Annotated[Path, typer.Argument(help="A CSV of check-ins, a line for each prompt.")],
    format_: Annotated[RowFormat, typer.Option("--format", help="csv or json.")] = RowFormat.CSV,
    who: Annotated[
        list[str] | None, typer.Option("--participant", help="Only this one; may be given several times.")
    ] = None,
    item: Annotated[str, typer.Option(help="The item that level, instability and charts are about.")] = "",
    end: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"],
            help="Also the seven days up to this instant, such as 2024-04-03T22:00Z; without --study.",
        ),
    ] = None,
    study: Annotated[
        Path | None, typer.Option("--study", help="A study's YAML file, for a file with other columns.")
    ] = None,
    map_: Annotated[
        Path | None, typer.Option("--map", help="YAML: what the file's columns mean; goes with --study.")
    ] = None,
) -> None:
    """Compute every indicator of each participant in a file of check-ins; needs no running services.

    Writes `participant,indicator,value,n,n_pairs,reason` in full precision. A value that is undefined is
    empty (null), with the reason. docs/indicators.md explains every indicator and reason. With --study and
    --map the participants are the pseudonyms that `wellstream import` gives them, and the values are those
    that a running installation has after it.

    Examples: `wellstream indicators checkins.csv > indicators.csv` ·
    `wellstream indicators checkins.csv --format json --participant P01 --participant P02` ·
    `wellstream indicators checkins.csv --item stress` ·
    `wellstream indicators ema.csv --study studies/fried2021/study.yaml --map studies/fried2021/map.yaml`
    """
    from wellstream.operations.indicators import mapped_rows_of, rows_of, write_csv, write_json

    if (study is None) != (map_ is None):
        raise typer.BadParameter("--study and --map go together")
    rows = in_words(
        lambda: (
            mapped_rows_of(file, study, map_, who or [], item)
            if study and map_
            else rows_of(file, who or [], item, end)
        )
    )
    (write_csv if format_ is RowFormat.CSV else write_json)(rows, sys.stdout)


def codebook() -> None:
    """The codebook as CSV: each indicator and method with formula, unit, range, edge cases and source.

    It is the catalogue that also stands in the store's table `catalogue` and in docs/indicators.md.

    Example: `wellstream codebook > codebook.csv`
    """
    import csv
    from dataclasses import astuple, fields

    from streams.store.catalogue import Entry, entries

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(field.name for field in fields(Entry))
    writer.writerows(astuple(entry) for entry in entries())
