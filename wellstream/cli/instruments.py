"""`wellstream instrument`: questionnaires for weekly, or pre and post use."""

import csv
import sys
from dataclasses import astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from wellstream.cli.errors import report_errors
from wellstream.cli.output import TableFormat, TableFormatOption, err, out, print_table
from wellstream.cli.values import finite

if TYPE_CHECKING:
    from schemas.instrument import Instrument
    from streams.indicators.instrument_change import Basis, Given, PersonChange

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
    one = _known(name)
    out.print(f"[bold]{one.title}[/bold] ({one.source}), about {one.frame}, answers {one.low} to {one.high}")
    for scale in one.scales:
        out.print(
            f"  {scale.id}: {scale.title}"
            + (f" (unverified: {scale.unverified})" if scale.unverified else "")
        )
        for cut in scale.cut_offs:
            border = f"from {cut.at_least:g}" if cut.at_least is not None else f"up to {cut.at_most:g}"
            out.print(f"    {border}: {cut.says} ({cut.source})", highlight=False)
        for norm in scale.norms:
            known = "unknown" if norm.reliability is None else f"{norm.reliability:g}"
            numbers = f"mean {norm.mean:g}, SD {norm.sd:g}, reliability {known}"
            out.print(
                f"    norms {norm.id}: {numbers}: {norm.sample} ({norm.language}; {norm.source})",
                highlight=False,
            )
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
    from streams.indicators.instrument_file import read_answers
    from streams.indicators.instruments import score as score_one

    one = _known(name)
    filled = report_errors(lambda: read_answers(file, one))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("participant", "scale", "value", "n", "reason", "says"))
    for line in filled:
        for found in score_one(one, line.answers):
            reason = found.reason.value if found.reason else None
            says = "; ".join(found.says)
            writer.writerow((line.participant, found.scale, found.value, found.n, reason, says))


MeanAndSd = tuple[float, float]


@app.command()
def change(
    name: Annotated[str, typer.Argument(metavar="ID", help="Such as phq-8.")],
    pre: Annotated[Path, typer.Argument(help="A CSV as for `instrument score`: the answers before.")],
    post: Annotated[Path, typer.Argument(help="The answers after.")],
    scale: Annotated[str, typer.Option(help="Only this scale of the instrument; all by default.")] = "",
    norms: Annotated[str, typer.Option(help="Which of the manifest's norms, where there are several.")] = "",
    sd: Annotated[
        float | None, typer.Option(callback=finite, help="SD of the scores before, from a publication.")
    ] = None,
    reliability: Annotated[
        float | None, typer.Option(callback=finite, help="Of the scale, from a publication.")
    ] = None,
    without: Annotated[
        MeanAndSd | None,
        typer.Option(metavar="MEAN SD", help="Scores of people without the condition, for the cut."),
    ] = None,
    with_condition: Annotated[
        MeanAndSd | None,
        typer.Option(metavar="MEAN SD", help="Scores of people with the condition, for the cut."),
    ] = None,
    format_: TableFormatOption = TableFormat.TABLE,
) -> None:
    """Each person's change from before to after: is it reliable, and does it cross the clinical cut?

    A change is reliable if the questionnaire's error alone would rarely be as large (|RCI| > 1.96; Jacobson &
    Truax 1991). It does not say why somebody changed: that takes a comparison with other people.

    Examples: `wellstream instrument change gad-7 pre.csv post.csv --norms women` ·
    `wellstream instrument change phq-8 pre.csv post.csv --sd 5 --reliability 0.8 --format csv > out.csv`
    """
    from streams.indicators.instrument_change import Given, Group, PersonChange

    one = _known(name)
    given = Given(
        norms,
        sd,
        reliability,
        Group(*without) if without else None,
        Group(*with_condition) if with_condition else None,
    )
    bases, found = report_errors(lambda: _changes(one, pre, post, scale, given))
    _tell_of_norms(one, bases)
    columns = [field.name for field in fields(PersonChange)]
    match format_:
        case TableFormat.CSV:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(map(_plain, astuple(row)) for row in found)
        case TableFormat.TABLE:
            _print(bases, found)


def _known(name: str) -> "Instrument":
    from schemas.instrument import Instrument, shipped_instruments

    def find() -> Instrument:
        known = shipped_instruments()
        if name not in known:
            raise NoSuchInstrument(f"there is no instrument {name!r}; available: {', '.join(known)}")
        return known[name]

    return report_errors(find)


def _changes(
    one: "Instrument", pre: Path, post: Path, only: str, given: "Given"
) -> "tuple[dict[str, Basis], list[PersonChange]]":
    from streams.indicators.instrument_change import NoNorms, basis_of, changes, check_people
    from streams.indicators.instrument_file import read_answers

    chosen = [scale for scale in one.scales if only in ("", scale.id)]
    listed = ", ".join(scale.id for scale in one.scales)
    if not chosen:
        raise NoNorms(f"{one.id} has no scale {only!r}; its scales: {listed}")
    if len(chosen) > 1 and (given.sd, given.reliability, given.without, given.with_condition) != (None,) * 4:
        raise NoNorms(f"{one.id} has several scales, and numbers hold for one: choose with --scale: {listed}")
    bases = {scale.id: basis_of(one, scale, given) for scale in chosen}
    before, after = read_answers(pre, one), read_answers(post, one)
    check_people(pre, before, post, after)
    return bases, list(changes(one, bases, before, after))


def _tell_of_norms(one: "Instrument", bases: "dict[str, Basis]") -> None:
    for name, basis in bases.items():
        if norm := basis.norm:
            err.print(f"{name}: norms of {norm.sample}. {norm.source}", highlight=False, soft_wrap=True)
            if norm.language != one.language:
                err.print(
                    f"  The norms are of the instrument in another language ({norm.language}).",
                    soft_wrap=True,
                )
            if not norm.verified:
                err.print("  The norms were not checked against their source.", soft_wrap=True)


def _print(bases: "dict[str, Basis]", found: "list[PersonChange]") -> None:
    """A line for each person and scale, in about 80 characters, what it was judged by, and counts."""
    from streams.indicators.instrument_change import counts

    scales = len(bases) > 1
    print_table(
        ("participant", *(["scale"] if scales else []), "pre", "post", "diff.", "RCI", "change", "cut"),
        (
            (
                row.participant,
                *([row.scale] if scales else []),
                *map(_number, (row.pre, row.post, row.difference, row.rci)),
                row.change or row.reason,
                "crossed" if row.crossed_cut else None,
            )
            for row in found
        ),
    )
    for name, basis in bases.items():
        cut = "unknown" if basis.cut is None else _number(basis.cut)
        used = f"SD {basis.sd:g}, reliability {basis.reliability:g}"
        least = f"reliable beyond {basis.least:.3g} points"
        out.print(f"{name}: {used}: {least}; clinical cut: {cut}", highlight=False, soft_wrap=True)
    print_table(("scale", "change", "people"), counts(found))


def _plain(value: object) -> object:
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.3g}"
