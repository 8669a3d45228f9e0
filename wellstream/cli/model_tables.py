"""What `wellstream report` prints of models: tables of 80 columns for people, or CSV with everything."""

from __future__ import annotations

import csv
import sys
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, assert_never

import typer
from rich.table import Table

from wellstream.cli.output import err, out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from streams.statistics.disclosure_control import Audience
    from streams.store.queries import Outcome, StudyData

Rows = list[dict[str, Any]]
_Asked = TypeVar("_Asked", bound=StrEnum)

ModelsOption = Annotated[bool, typer.Option("--models", help="Mixed models of phase by arm.")]
InterruptedOption = Annotated[
    bool, typer.Option("--interrupted", help="Each person's interrupted time series.")
]
InertiaOption = Annotated[
    bool, typer.Option("--inertia", help="Carry-over from prompt to prompt, over all people.")
]
MicroRandomisedOption = Annotated[
    bool, typer.Option("--micro-randomised", help="What supportive texts at random do to the next score.")
]
HoursOption = Annotated[
    int, typer.Option(min=1, max=168, help="With --micro-randomised: how soon the score must follow.")
]
ReliabilityOption = Annotated[
    bool, typer.Option("--reliability", help="Reliability of measures of several items.")
]
EarlyWarningsOption = Annotated[
    bool, typer.Option("--early-warnings", help="Early-warning signals; for research only.")
]
AcuteChangeOption = Annotated[
    bool, typer.Option("--acute-change", help="From which size on a change is acute, to be frozen.")
]

RESEARCH_ONLY = "research only: no alerts are based on this"
_STORES_OWN = ("study", "computed_at")


class Result(StrEnum):
    """A result of models that can be printed; its value is the option that asks for it."""

    MODELS = "models"
    INTERRUPTED = "interrupted"
    INERTIA = "inertia"
    MICRO_RANDOMISED = "micro-randomised"
    RELIABILITY = "reliability"
    EARLY_WARNINGS = "early-warnings"
    ACUTE_CHANGE = "acute-change"

    @property
    def of_single_people(self) -> bool:
        """Whether its rows are about one person each, which nobody but staff may see."""
        return self in (Result.INTERRUPTED, Result.EARLY_WARNINGS)


def only_one(wanted: Mapping[_Asked, bool]) -> _Asked | None:
    """The one of several tables that was asked for; None if none was.

    Raises:
        BadParameter: More than one was.
    """
    found = [result for result, asked in wanted.items() if asked]
    if len(found) > 1:
        raise typer.BadParameter(f"choose one of {', '.join(f'--{result}' for result in found)}")
    return found[0] if found else None


def show(
    result: Result, data: StudyData, of: Sequence[Outcome], audience: Audience, hours: int, *, as_csv: bool
) -> None:
    """Compute a result and print it.

    Args:
        result: Which.
        data: The study.
        of: The outcomes that are wanted.
        audience: Decides how many people are too few to show.
        hours: Within how many hours of a decision a check-in is its outcome.
        as_csv: Whether to print everything, as CSV.
    """
    rows = _rows(result, data, of, audience, hours)
    if as_csv:
        _write_csv(rows, _columns(result))
    elif rows:
        _print(result, rows)
    if not rows:
        study = data.study()
        err.print(_NOTHING[result].format(study=study.id if study else ""), highlight=False, soft_wrap=True)


_NOTHING = {
    Result.MODELS: "{study} has no such measure with check-ins in a baseline or an intervention phase",
    Result.INTERRUPTED: "{study} has no such measure with check-ins in any phase",
    Result.INERTIA: "{study} asks for no such measure on a scale",
    Result.MICRO_RANDOMISED: "{study} has decided on no supportive text at random (`schedule.support`)",
    Result.RELIABILITY: "{study} asks for no such measure on a scale",
    Result.ACUTE_CHANGE: "{study} asks for no such measure on a scale",
    Result.EARLY_WARNINGS: "nobody in {study} has answered such a measure at 100 check-ins or more",
}


def _rows(result: Result, data: StudyData, of: Sequence[Outcome], audience: Audience, hours: int) -> Rows:
    # Imported here: scipy loads slowly, and no other command needs it.
    from dataclasses import asdict

    from streams.store.model_terms import Model

    found: Iterable[dict[str, Any]]
    match result:
        case Result.MODELS:
            found = (row._asdict() for row in data.models(of, [Model.MIXED], audience))
        case Result.INTERRUPTED:
            found = (row._asdict() for row in data.models(of, [Model.INTERRUPTED], audience))
        case Result.INERTIA:
            found = (row._asdict() for row in data.models(of, [Model.INERTIA], audience))
        case Result.MICRO_RANDOMISED:
            found = (row._asdict() for row in data.proximal_effects(of, hours, audience))
        case Result.RELIABILITY:
            found = (row._asdict() for row in data.reliability(of, audience))
        case Result.EARLY_WARNINGS:
            found = (asdict(row) | {"label": RESEARCH_ONLY} for row in data.early_warnings(of))
        case Result.ACUTE_CHANGE:
            found = (asdict(row) for row in data.acute_changes(of, audience))
        case _:
            assert_never(result)
    return [{name: value for name, value in row.items() if name not in _STORES_OWN} for row in found]


def _columns(result: Result) -> list[str]:
    from dataclasses import fields

    from streams.indicators.whole_record import Row
    from streams.store.acute_change import AcuteChange
    from streams.store.model_rows import CompositeReliability, ModelTerm, ProximalEffect

    match result:
        case Result.MODELS | Result.INTERRUPTED | Result.INERTIA:
            names: Iterable[str] = ModelTerm._fields
        case Result.MICRO_RANDOMISED:
            names = ProximalEffect._fields
        case Result.RELIABILITY:
            names = CompositeReliability._fields
        case Result.EARLY_WARNINGS:
            names = [*(field.name for field in fields(Row)), "label"]
        case Result.ACUTE_CHANGE:
            names = [field.name for field in fields(AcuteChange)]
        case _:
            assert_never(result)
    return [name for name in names if name not in _STORES_OWN]


def _write_csv(rows: Rows, columns: list[str]) -> None:
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _print(result: Result, rows: Rows) -> None:
    match result:
        case Result.MODELS:
            _print_terms(rows, "people")
        case Result.INTERRUPTED:
            _print_terms(rows, "participant")
        case Result.INERTIA:
            _print_inertia(rows)
        case Result.MICRO_RANDOMISED:
            _print_proximal(rows)
        case Result.RELIABILITY:
            for measure, own in groupby(rows, key=lambda row: row["measure"]):
                _say(str(measure))
                _plain(("coefficient", "value", "items", "people", "n", "checkins"), own)
            _say("n: check-ins with an answer to every item. docs/indicators.md explains the coefficients.")
        case Result.EARLY_WARNINGS:
            _say(RESEARCH_ONLY)
            short = ({**row, "trend of": row["indicator"].rpartition("kendall_")[2]} for row in rows)
            _plain(("participant", "scale", "trend of", "value", "n"), short)
            _say("value: Kendall's tau of the rolling statistic against time, without the straight line.")
        case Result.ACUTE_CHANGE:
            _print_acute_change(rows)
        case _:
            assert_never(result)


def _print_acute_change(rows: Rows) -> None:
    from streams.store.acute_change import to_freeze

    _plain(("measure", "cut", "people", "pairs"), rows)
    _say("cut: 90th percentile of the change from one prompt to the next, in scale points, over everybody.")
    if line := to_freeze({row["measure"]: row["cut"] for row in rows}):
        _say(f"To freeze it, add this to the study's definition:\n{line}")


def _print_terms(rows: Rows, who: str) -> None:
    for measure, own in groupby(rows, key=lambda row: row["measure"]):
        _say(str(measure))
        _table(
            (who, "term", "estimate", "95 % interval", "p", "n"),
            (
                [_cell(row[who]), row["term"], _cell(row["estimate"]), _interval(row), _cell(row["p"]),
                 _cell(row["rows"]), _note(row)]
                for row in own
            ),
        )  # fmt: skip


def _print_inertia(rows: Rows) -> None:
    lines = []
    for measure, own in groupby(rows, key=lambda row: row["measure"]):
        terms = {row["term"]: row for row in own}
        lag = terms.get("lag") or next(iter(terms.values()))
        bias, spread = (
            terms[name]["estimate"] if name in terms else None for name in ("nickell_bias", "sd_lag")
        )
        lines.append(
            [measure, _cell(lag["estimate"]), _interval(lag), _cell(bias), _cell(spread),
             _cell(lag["people"]), _cell(lag["rows"]), _note(lag)]
        )  # fmt: skip
    _table(("measure", "slope", "95 % interval", "bias", "sd", "people", "pairs"), lines)
    _say(
        "bias: how far the slope is expected to be off because each person's mean is of few answers, "
        "-(1 + slope)/(T - 1) with T pairs a person (Nickell 1981). The slope is not corrected for it. "
        "sd: how much people's slopes differ."
    )


def _print_proximal(rows: Rows) -> None:
    _table(
        ("measure", "effect", "95 % interval", "p", "people", "n", "no outcome"),
        (
            [row["measure"], _cell(row["estimate"]), _interval(row), _cell(row["p"]), _cell(row["people"]),
             _cell(row["n"]), _cell(row["without_outcome"]), _note(row)]
            for row in rows
        ),
    )  # fmt: skip
    first = rows[0]
    if first["decisions"] is None:
        return
    low, high = first["lowest_probability"], first["highest_probability"]
    drawn = "" if low is None else f", with a probability of {low:.3g} to {high:.3g}"
    _say(
        f"{first['decisions']} decisions on a supportive text; {first['available']} when people were "
        f"available"
        f"{drawn}; {first['treated']} texts. Outcome: the next score within {first['hours']} h, before the "
        "next decision; no outcome: available, but no such score."
    )


def _plain(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    _table(columns, ([*(_cell(row[name]) for name in columns), _note(row)] for row in rows))


def _table(columns: Iterable[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=True)
    table.add_column("note", overflow="fold")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def _say(sentence: str) -> None:
    out.print(sentence, highlight=False)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _interval(row: dict[str, Any]) -> str:
    return "" if row["low"] is None else f"{row['low']:.3g} to {row['high']:.3g}"


def _note(row: dict[str, Any]) -> str:
    return str(row.get("reason") or row.get("caution") or row.get("notes") or "")
