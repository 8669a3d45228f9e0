"""Phases as coloured ground behind a course, with their names above it."""

from typing import Any

import altair as alt
import pandas as pd

from dashboard.theme import INK, PHASE_COLOURS
from schemas.study import Arm, Study
from streams.statistics.plan import phase_label

NAME_HEIGHT, PLOT_HEIGHT = 15, 260
_CHARACTER_SHARE = 0.028
"""Width of a character of a phase's name as a share of the plot on a phone."""
_PHASES = list(PHASE_COLOURS)
_PHASE_SCALE = alt.Scale(domain=_PHASES, range=[PHASE_COLOURS[name] for name in _PHASES])


def phase_frame(arm: Arm, study: Study) -> pd.DataFrame:
    """An arm's phases by study week: `phase`, `start`, `end` (in weeks), `label`, `days`."""
    rows, day = [], 0
    for phase in arm.phases:
        start, end = day / 7 + 0.5, (day + phase.days) / 7 + 0.5
        rows.append((phase.kind.value, start, end, phase_label(phase, study), phase.days))
        day += phase.days
    return pd.DataFrame(rows, columns=["phase", "start", "end", "label", "days"])


def phase_names(phases: pd.DataFrame, kind: str) -> Any:
    """The phases' names, each in a row of its own at the top, as near above its phase as it fits."""
    first, length = phases["start"].iloc[0], phases["end"].iloc[-1] - phases["start"].iloc[0]
    rows = []
    for row, phase in enumerate(phases.itertuples()):
        half = min(len(phase.label) * _CHARACTER_SHARE / 2, 0.5)
        middle = ((phase.start - first) + (phase.end - phase.start) / 2) / length
        rows.append((phase.label, first + length * min(max(middle, half), 1 - half), 4 + row * NAME_HEIGHT))
    frame = pd.DataFrame(rows, columns=["label", "at_name", "down"])
    return (
        alt.Chart(frame)
        .mark_text(baseline="top", fontSize=11, color=INK)
        .encode(x=f"at_name:{kind}", y=alt.Y("down:Q", scale=None), text="label:N")
    )


def shading(phases: pd.DataFrame, kind: str) -> Any:
    """Phases as coloured ground; `kind` is Q for weeks, T for dates."""
    return (
        alt.Chart(phases)
        .mark_rect()
        .encode(
            x=f"start:{kind}",
            x2="end",
            color=alt.Color("phase:N", scale=_PHASE_SCALE, legend=None),
            tooltip=["phase:N", "label:N"],
        )
    )


def axis_up_to(highest: float) -> alt.Axis:
    """An axis without numbers where the phases' names are."""
    return alt.Axis(labelExpr=f"datum.value <= {highest + 0.5} ? datum.label : ''")
