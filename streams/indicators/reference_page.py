"""Writes docs/indicators.md from the catalogue: `uv run python -m streams.indicators.reference_page`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from schemas.events import Undefined
from streams.indicators.catalogue import CATALOGUE
from streams.indicators.entry import Indicator
from streams.statistics.catalogue import METHODS, Method

PAGE = Path(__file__).resolve().parents[2] / "docs" / "indicators.md"

REASONS: Mapping[Undefined, str] = {
    Undefined.NO_DATA: "there are no data to compute it from",
    Undefined.TOO_FEW: "there are fewer than the minimum",
    Undefined.TOO_FEW_PAIRS: "there are fewer pairs than the minimum",
    Undefined.NO_STRESS: "no check-in was stressful",
    Undefined.NO_COPING: "no strategy was used",
    Undefined.NO_PROMPTS: "no prompt was sent, or none was answered or has expired yet",
    Undefined.NOT_ASKED: "the study never asks what the indicator needs",
    Undefined.PART_MISSING: "a part of what the indicator needs was never answered together with the rest",
    Undefined.ZERO_VARIANCE: "the answers, or the values that it divides by, do not vary",
    Undefined.AT_BOUND: "the mean is the lowest or highest value of the scale",
    Undefined.NEGATIVE_ICC: "the intraclass correlation is below 0",
    Undefined.NO_EMOTION: "every emotion was always rated at the lowest value",
    Undefined.NO_BASELINE: "there is no baseline, or it is too short",
    Undefined.NO_TIMES: "opening times are unknown, as with SMS",
    Undefined.NO_TABLE: "the raw score needs a conversion table, which a site obtains with the licence",
}

_HEAD = """\
# Indicators

This page is generated from the catalogue by
`uv run python -m streams.indicators.reference_page`; edit the entries in `streams/indicators/`, not the page.

Indicators marked *live* are computed at each check-in, over the windows `(t - w, t]` with w = 1, 7 and 28
days of event time. All but reliable change, cut and the rolling series of early warnings are computed over a
participant's full record by `wellstream indicators FILE`.

An indicator *per scale* has a value for each measure that the study asks on a scale and, over a full record,
for each item that measures none. A measure's score at a check-in is the mean of its items that were answered.
Control charts are drawn for one scale alone: valence or, if the study does not ask it, its first. An answer x
is such a score. Only versions of the study that ask the scale with the same items, on the same scale, as the
version at the end of the window, or over a full record as the newest, are pooled; `scale_changed` says that
answers were left out.

Indicators *by check-in* use all check-ins, whether they answer prompts or were made on the participant's own
initiative. Where there are some of the latter, `ID/prompted` is the value without them, and
`ID/own_initiative` that from them alone. Control charts use all check-ins of a day, too; pairs, compliance,
times and parts of the day use prompts and their answers.

A *pair* is two consecutive prompts of one study day, both answered, or of two consecutive study days where
the schedule asks once a day; unless an entry says so, no pair spans another night or a missed prompt. Answers
are taken in the order of their prompts. A text answers the latest prompt that has not expired; the first
answer counts. In the formulae, L and U are the lowest and highest value of the scale. Sums are rounded only
once, so no value depends on the order in which answers arrived.
"""

_GROUPS = """\
## Statistics over people

Computed in batches from the store, never by the worker. If there is no number, the reason may also be
`too_few_clusters`, `rank_deficient`, `not_randomised`, `not_converged` or `suppressed`. A difference is
called an effect only if people, or moments, were randomised; otherwise it is a change while in a phase.

Weeks are study weeks: week 1 begins on a participant's first day. A weekly mean is a mean over people, and so
is the change of an indicator; the change of a measure is pooled (`meta`). An indicator counts for a phase
only if its whole 7-day window lies in that phase. People are analysed in the arm in which they enrolled.
"""


def page() -> str:
    """The page in Markdown."""
    families = [
        section
        for family in dict.fromkeys(entry.family for entry in CATALOGUE)
        for section in _family(family)
    ]
    groups = [line for method in METHODS for line in _method(method)]
    return "\n".join([_HEAD, *_live(), *_reasons(), *families, _GROUPS, *groups])


def _live() -> Iterator[str]:
    yield "## Live\n"
    yield "| id | formula | unit | minimum (1 d) | source |"
    yield "| --- | --- | --- | --- | --- |"
    for entry in (entry for entry in CATALOGUE if entry.rolling):
        day = f" ({entry.minimum_day})" if entry.minimum_day != entry.minimum else ""
        minimum = f"{entry.minimum}{day} {entry.counted}"
        formula = entry.formula.replace("|", "\\|") + (", per scale" if entry.per_scale else "")
        yield f"| `{entry.id}` | {formula} | {entry.unit} | {minimum} | {entry.source} |"
    yield ""


def _reasons() -> Iterator[str]:
    yield "## Undefined\n"
    yield "A value that is undefined is null with a reason, never 0 and never NaN.\n"
    yield "| reason | when |"
    yield "| --- | --- |"
    yield from (f"| `{reason}` | {when} |" for reason, when in REASONS.items())
    yield ""


def _family(family: str) -> Iterator[str]:
    entries = [entry for entry in CATALOGUE if entry.family == family]
    yield f"## {family}\n"
    for entry in entries:
        yield from _entry(entry)


def _entry(entry: Indicator) -> Iterator[str]:
    marks = [
        name
        for name, holds in (
            ("live", entry.rolling),
            ("per scale", entry.per_scale),
            ("by check-in", entry.by_checkin),
            ("research only", entry.research_only),
        )
        if holds
    ]
    yield f"### `{entry.id}`\n"
    yield f"**{entry.title}**" + (f" ({', '.join(marks)})" if marks else "") + f". {entry.interpretation}\n"
    yield f"- Formula: `{entry.formula}`"
    yield f"- Unit: {entry.unit}. Range: {entry.range}."
    yield f"- Minimum: {_minimum(entry)}."
    yield f"- Special cases: {entry.edge_cases}"
    yield f"- Source: {entry.source}\n"


def _method(method: Method) -> Iterator[str]:
    yield f"### `{method.id}`\n"
    yield f"**{method.title}**. {method.interpretation}\n"
    yield f"- Formula: `{method.formula}`"
    yield f"- Unit: {method.unit}. Range: {method.range}."
    yield f"- Minimum: {method.minimum} {method.counted}."
    yield f"- Special cases: {method.edge_cases}."
    yield f"- Source: {method.source}\n"


def _minimum(entry: Indicator) -> str:
    text = f"{entry.minimum} {entry.counted}"
    if entry.rolling and entry.minimum_day != entry.minimum:
        text += f", {entry.minimum_day} in the live one-day window"
    if entry.minimum_file is not None:
        text += f" for a live display, {entry.minimum_file} for a full record"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
