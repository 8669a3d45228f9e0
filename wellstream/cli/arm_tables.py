"""What `wellstream report` prints of arms: contrasts, changes, weeks and trends, in 80 columns or as CSV."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from wellstream.cli.output import out, print_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.base import CheckIns
    from streams.statistics.report import Report, StudyReport
    from streams.store.queries import StudyData, Wanted

ContrastsOption = Annotated[bool, typer.Option("--contrasts", help="Only the contrasts between arms.")]
ChangesOption = Annotated[bool, typer.Option("--changes", help="Only the changes within arms.")]
WeeksOption = Annotated[bool, typer.Option("--weeks", help="Weekly means.")]
TrendsOption = Annotated[
    bool, typer.Option("--trends", help="Trends over study days, of each item on a scale.")
]


class Part(StrEnum):
    """A table about arms that can be printed alone; its value is the option that asks for it."""

    CONTRASTS = "contrasts"
    CHANGES = "changes"
    WEEKS = "weeks"
    TRENDS = "trends"


def checkins_named(name: str) -> CheckIns:
    """The check-ins that an option names.

    Raises:
        BadParameter: It names none.
    """
    from schemas.base import CheckIns

    known: dict[str, CheckIns] = {one.value.replace("_", "-"): one for one in CheckIns}
    if name not in known:
        raise typer.BadParameter(f"--checkins is one of {', '.join(known)}; not {name}")
    return known[name]


def show_arms(part: Part | None, data: StudyData, wanted: Wanted, outcome: str, *, as_csv: bool) -> None:
    """Compute and print a table about arms; with None, the contrasts and then the changes.

    Args:
        part: Which.
        data: The study.
        wanted: What the reader chose.
        outcome: The only outcome to print; empty for all.
        as_csv: Whether to print one table in full, as CSV; with None, the contrasts.

    Raises:
        BadParameter: There is no such outcome.
    """
    if as_csv:
        _write_csv(_rows(data, outcome, wanted, part or Part.CONTRASTS))
    elif part is None or part in (Part.CONTRASTS, Part.CHANGES):
        names = _chosen((one.name for one in data.outcomes()), outcome, "outcome")
        _print(data.report(wanted), names, part)
    else:
        rows = _rows(data, outcome, wanted, part)
        print_table(rows[0] if rows else (), (map(_cell, row.values()) for row in rows))


def _chosen(known: Iterable[str], name: str, what: str) -> list[str]:
    names = list(dict.fromkeys(known))
    chosen = [one for one in names if name in ("", one)]
    if not chosen:
        raise typer.BadParameter(f"no {what} {name}; there are {', '.join(names)}")
    return chosen


def _rows(data: StudyData, outcome: str, wanted: Wanted, part: Part) -> list[dict[str, Any]]:
    if part is Part.TRENDS:
        found = data.trends(wanted.audience, wanted.checkins)
        names = _chosen((row.outcome for row in found), outcome, "trend of")
        return [asdict(row) for row in found if row.outcome in names]
    names = _chosen((one.name for one in data.outcomes()), outcome, "outcome")
    reports: Iterable[Report]
    if part is Part.WEEKS:
        reports = [data.weeks(one, wanted) for one in data.outcomes() if one.name in names]
    else:
        made = data.report(wanted)
        reports = map(made.of, names)
    return [{"outcome": one.outcome, **row} for one in reports for row in one.table(getattr(one, part.value))]


def _write_csv(rows: list[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _print(found: StudyReport, names: Sequence[str], only: Part | None) -> None:
    """Contrasts, then changes, with the words that say what they are."""
    from streams.statistics.wording import (
        MISSING,
        REGRESSION,
        adjusted_over,
        left_out,
        nothing_compared,
        what_is_compared,
    )

    asked = [found.of(name) for name in names]
    without = [one.outcome for one in asked if _is_empty(one)]
    of = [one for one in asked if one.outcome not in without] or asked
    if only is not Part.CHANGES:
        nothing = nothing_compared(found.plan)
        if nothing:
            _say(nothing)
        else:
            _print_contrasts(of)
            _say(what_is_compared(found.plan))
            _say(adjusted_over(found.contrast_family))
    if only is not Part.CONTRASTS:
        _print_changes(of)
        _say(REGRESSION)
        _say(adjusted_over(found.change_family))
    _say(MISSING)
    if without:
        _say(f"No data, in any arm: {', '.join(without)}.")
    _say(f"Check-ins: {found.plan.checkins.value.replace('_', ' ')}.", *left_out(asked))


def _is_empty(one: Report) -> bool:
    """Whether no arm has anybody with a usable change."""
    return all(change.people == 0 for change in one.changes)


def _say(*sentences: str) -> None:
    out.print(*sentences, sep="\n", markup=False, highlight=False)


def _print_contrasts(of: Iterable[Report]) -> None:
    pairs: dict[tuple[str, str, str, str], Table] = {}
    for one in of:
        for contrast in one.contrasts:
            key = (contrast.claim.value, contrast.arm, contrast.reference, contrast.kind)
            table = pairs.setdefault(key, _table("outcome", "difference", "n", "p adj.", "mixed model"))
            mixed, row = contrast.modelled, contrast.row()
            table.add_row(
                one.outcome,
                _estimate(row, ""),
                _people(contrast.people, contrast.people_reference),
                _p(contrast.p_adjusted),
                _estimate(row, "mixed_") if mixed.estimate is not None else row["mixed_reason"],
            )
    for (claim, arm, reference, kind), table in pairs.items():
        words = f"{claim} {arm}" if claim.startswith("effect") else f"{claim}: {arm}"
        _titled(f"{words.capitalize()}, in {kind}; reference {reference}", table)


def _print_changes(of: Iterable[Report]) -> None:
    from streams.statistics.claims import CHANGE
    from streams.statistics.plan import ALL_ARMS

    arms: dict[tuple[str, str], Table] = {}
    for one in of:
        for change in one.changes:
            key = (change.arm or ALL_ARMS, change.phase)
            table = arms.setdefault(key, _table("outcome", "change", "n", "p adj."))
            table.add_row(
                one.outcome, _estimate(change.row(), ""), _people(change.people), _p(change.p_adjusted)
            )
    for (arm, phase), table in arms.items():
        _titled(f"{CHANGE.capitalize()} {phase}: {arm}", table)


def _table(first: str, *others: str) -> Table:
    """A table without lines: five columns of a contrast take just under 80 characters."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(first, overflow="fold", min_width=22)
    for name in others:
        table.add_column(name, no_wrap=True)
    return table


def _titled(title: str, table: Table) -> None:
    out.print(title, style="bold", markup=False)
    out.print(table)
    out.print()


def _estimate(row: dict[str, Any], prefix: str) -> str:
    """An estimate with its interval, such as `-0.62 [-1.10, -0.14]`, or the reason why there is none."""
    value, low, high = (row[f"{prefix}{name}"] for name in ("estimate", "low", "high"))
    reason = row[f"{prefix}reason"] or ""
    if value is None:
        return str(reason)
    return f"{value:z.2f} {reason}" if low is None else f"{value:z.2f} [{low:z.2f}, {high:z.2f}]"


def _people(*counts: int | None) -> str:
    return "/".join("" if count is None else str(count) for count in counts).strip("/")


def _p(value: float | None) -> str:
    if value is None:
        return ""
    return "<.001" if value < 0.001 else f"{value:.3f}".removeprefix("0")


def _cell(value: Any) -> Any:
    return f"{value:.3g}" if isinstance(value, float) else value
