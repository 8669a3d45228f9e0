"""`wellstream instrument`: questionnaires for weekly, or pre and post use."""

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from wellstream.cli.errors import report_errors
from wellstream.cli.output import out

app = typer.Typer(name="instrument", help="Questionnaires: list, show and score.", no_args_is_help=True)


class NoSuchInstrument(LookupError):
    """No instrument has this id."""


@app.command("list")
def list_() -> None:
    """List the instruments that are included, and whether their texts are.

    Example: `wellstream instrument list`
    """
    from schemas.instrument import shipped_instruments

    table = Table("id", "title", "items", "time frame", "texts")
    for one in report_errors(shipped_instruments).values():
        table.add_row(
            one.id, one.title, str(one.count), one.frame, "included" if one.texts else "by reference"
        )
    out.print(table)


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="ID", help="Such as phq-8.")]) -> None:
    """Show an instrument: scores, cut-offs and sources, licence, and its texts or where to get them.

    Example: `wellstream instrument show who-5`
    """
    from schemas.instrument import Instrument, shipped_instruments

    def find() -> Instrument:
        known = shipped_instruments()
        if name not in known:
            raise NoSuchInstrument(f"there is no instrument {name!r}; available: {', '.join(known)}")
        return known[name]

    one = report_errors(find)
    out.print(f"[bold]{one.title}[/bold] ({one.source}), about {one.frame}, answers {one.low} to {one.high}")
    for scale in one.scales:
        out.print(
            f"  {scale.id}: {scale.title}"
            + (f" (unverified: {scale.unverified})" if scale.unverified else "")
        )
        for cut in scale.cut_offs:
            border = f"from {cut.at_least:g}" if cut.at_least is not None else f"up to {cut.at_most:g}"
            out.print(f"    {border}: {cut.says} ({cut.source})", highlight=False)
    out.print(f"licence: {one.licence.id}. {one.licence.evidence}", highlight=False)
    if one.crisis_items:
        numbers = ", ".join(map(str, one.crisis_items))
        out.print(
            f"[bold]Item {numbers} asks about self-harm: off unless the study has a safety protocol.[/bold]"
        )
    if not one.texts:
        out.print(f"[bold]The texts are not here.[/bold] {one.licence.obtain}", highlight=False)
    if one.licence.notice:
        out.print(one.licence.notice, highlight=False)
    for number, text in enumerate(one.texts, start=1):
        out.print(f"  {number}. {text}", highlight=False)


@app.command()
def score(
    name: Annotated[str, typer.Argument(metavar="ID", help="Such as phq-8.")],
    file: Annotated[
        Path, typer.Argument(help="A CSV with columns participant, 1, 2, ...; empty is missing.")
    ],
) -> None:
    """Score a file of filled-in instruments: a line for each person and scale, with what the cut-offs say.

    Example: `wellstream instrument score gad-7 answers.csv > scores.csv`
    """
    from schemas.instrument import shipped_instruments
    from streams.indicators.instruments import read_answers
    from streams.indicators.instruments import score as score_one

    known = report_errors(shipped_instruments)
    if name not in known:
        raise typer.BadParameter(f"there is no instrument {name}; there are {', '.join(known)}")
    filled = report_errors(lambda: read_answers(file, known[name]))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("participant", "scale", "value", "n", "reason", "says"))
    for person, answers in filled:
        for found in score_one(known[name], answers):
            reason = found.reason.value if found.reason else None
            writer.writerow((person, found.scale, found.value, found.n, reason, "; ".join(found.says)))
