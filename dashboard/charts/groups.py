"""Weekly means of the arms, and their change from baseline.

The frames are the rows of a group report, as its tables show them; hidden rows have no number to draw.
"""

from collections.abc import Iterable
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.phases import NAME_HEIGHT, PLOT_HEIGHT, axis_up_to, phase_frame, phase_names, shading
from dashboard.theme import ARM_COLOURS, ARM_SHAPES, GROUND, INK, SOFT, configured
from schemas.study import Arm, Study
from streams.statistics.plan import ALL_ARMS

_ROW_HEIGHT = 52


_COUNTS = ("people", "people_reference", "observations", "left_out", "checkins_left_out")


def frame(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Rows of a report as a table; counts stay whole numbers where some are hidden."""
    found = pd.DataFrame(list(rows))
    return found.astype({name: "Int64" for name in _COUNTS if name in found})


def value_range(weeks: pd.DataFrame, study: Study) -> tuple[float, float]:
    """The range that every arm's chart shows, so that arms can be compared by eye; the names fit above it."""
    low, high = _extent(weeks, "mean")
    room = max((high - low) * 0.1, 0.05)
    low, high = low - 3 * room, high + room
    names = max(len(arm.phases) for arm in study.arms) * NAME_HEIGHT / PLOT_HEIGHT
    return low, high + (high - low) * names / (1 - names)


def arm_course(
    weeks: pd.DataFrame, arm: Arm, study: Study, place: int, unit: str, shown: tuple[float, float]
) -> Any:
    """One arm's weekly means with intervals over its shaded phases, the number of people under each point.

    Args:
        weeks: The arm's rows of a report's weeks; those without a mean are left out.
        arm: Whose phases are shaded.
        study: Names the interventions.
        place: The arm's place in the palette.
        unit: Title of the axis.
        shown: Lowest and highest value on the axis.
    """
    tint = ARM_COLOURS[place % len(ARM_COLOURS)]
    values = alt.Scale(domain=list(shown), nice=False)
    axis = alt.X(
        "week:Q",
        title="study week",
        scale=alt.Scale(domain=[0.5, arm.days / 7 + 0.5], nice=False),
        axis=alt.Axis(values=list(range(1, arm.days // 7 + 1)), grid=False, format="d"),
    )
    known = _known(weeks, "mean")
    base = alt.Chart(known.assign(floor=shown[0])).encode(x=axis)
    numbers = axis_up_to(_extent(known, "mean")[1])
    bars = base.mark_rule(color=tint, strokeWidth=2).encode(
        y=alt.Y("low:Q", title=unit, scale=values, axis=numbers), y2="high:Q"
    )
    line = base.mark_line(color=tint, strokeWidth=2).encode(y="mean:Q")
    points = base.mark_point(
        shape=ARM_SHAPES[place % len(ARM_SHAPES)], filled=True, size=80, color=tint, opacity=1
    ).encode(y="mean:Q", tooltip=["week:Q", *_rounded("mean", "low", "high"), "people:Q"])
    counts = base.mark_text(color=SOFT, fontSize=11, dy=-8).encode(y="floor:Q", text="people:Q")
    phases = phase_frame(arm, study)
    layers = alt.layer(shading(phases, "Q"), phase_names(phases, "Q"), bars, line, points, counts)
    text = arm_course_description(weeks, arm, study)
    return configured(layers.properties(height=320, description=text))


def arm_course_description(weeks: pd.DataFrame, arm: Arm, study: Study) -> str:
    """The chart as a sentence: phases, and every week's mean with its interval and people."""
    known = _known(weeks, "mean")
    phases = " → ".join(f"{row.label} ({row.days} d)" for row in phase_frame(arm, study).itertuples())
    if known.empty:
        return f"Phases: {phases}. No week can be shown yet."
    parts = [f"week {row.week}: {_with_interval(row.mean, row.low, row.high)}, n={row.people}"
             for row in known.itertuples()]  # fmt: skip
    return f"Phases: {phases}. {'; '.join(parts).capitalize()}."


def changes(rows: pd.DataFrame, study: Study, unit: str) -> Any:
    """Change from baseline for each arm and phase: dots with 95 % intervals, named above with their n.

    Args:
        rows: The changes of a report; those without an estimate are left out.
        study: Its arms in their order give each its colour and shape.
        unit: Of the change.
    """
    known = _labelled(rows, study)
    low, high = _extent(known, "estimate")
    low, high = min(low, 0.0), max(high, 0.0)
    room = max((high - low) * 0.08, 0.05)
    known["edge"] = low - room
    arms = [*(arm.id for arm in study.arms), ALL_ARMS]
    tints = [*(ARM_COLOURS[k % len(ARM_COLOURS)] for k in range(len(arms) - 1)), SOFT]
    shapes = [*(ARM_SHAPES[k % len(ARM_SHAPES)] for k in range(len(arms) - 1)), "circle"]
    colour = alt.Color("arm:N", scale=alt.Scale(domain=arms, range=tints), legend=None)
    down = alt.Y("row:N", title=None, sort=list(known["row"]), axis=None)
    across = alt.Scale(domain=[low - room, high + room], nice=False)
    axis = alt.X(
        "low:Q", title=f"change ({unit}); 0 is as at baseline", scale=across, axis=alt.Axis(tickCount=6)
    )
    base = alt.Chart(known)
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=INK, strokeWidth=1.5).encode(x="x:Q")
    bars = base.mark_rule(strokeWidth=3).encode(x=axis, x2="high:Q", y=down, color=colour)
    dots = base.mark_point(filled=True, size=120, opacity=1).encode(
        x="estimate:Q",
        y=down,
        color=colour,
        shape=alt.Shape("arm:N", scale=alt.Scale(domain=arms, range=shapes), legend=None),
        tooltip=["arm:N", "phase:N", *_rounded("estimate", "low", "high"), "people:Q"],
    )
    # A rim in the colour of the ground keeps the names readable where they cross the line of zero.
    rim, names = (
        base.mark_text(align="left", dy=-15, fontSize=12, **ink).encode(x="edge:Q", y=down, text="label:N")
        for ink in ({"stroke": GROUND, "strokeWidth": 5}, {"color": INK})
    )
    layers = alt.layer(zero, bars, dots, rim, names)
    height = _ROW_HEIGHT * max(len(known), 1) + 20
    return configured(layers.properties(height=height, description=changes_description(rows, study, unit)))


def changes_description(rows: pd.DataFrame, study: Study, unit: str) -> str:
    """The chart as a sentence: every change with its interval and people."""
    parts = [
        f"{row.label}: {_with_interval(row.estimate, row.low, row.high, sign='+')}"
        for row in _labelled(rows, study).itertuples()
    ]
    return f"Change from baseline in {unit}. {'; '.join(parts)}." if parts else "No change can be shown yet."


def _labelled(rows: pd.DataFrame, study: Study) -> pd.DataFrame:
    titles = {arm.id: study.in_language(arm.name, "en") for arm in study.arms} | {ALL_ARMS: "All arms"}
    known = _known(rows, "estimate")
    named = list(zip(known["arm"], known["phase"], known["people"], strict=True))
    return known.assign(
        row=[f"{arm} {phase}" for arm, phase, _ in named],
        label=[f"{titles[arm]}: {phase}, n={people}" for arm, phase, people in named],
    )


def _known(rows: pd.DataFrame, value: str) -> pd.DataFrame:
    numbers = dict.fromkeys((value, "low", "high"), float)
    return rows.dropna(subset=[value]).astype(numbers)


def _extent(rows: pd.DataFrame, value: str) -> tuple[float, float]:
    """Lowest and highest number drawn; an estimate may stand without an interval."""
    numbers = rows[[value, "low", "high"]].astype(float)
    return float(numbers.min(axis=None)), float(numbers.max(axis=None))


def _with_interval(value: float, low: float, high: float, sign: str = "") -> str:
    shown = f"{value:{sign}.2f}"
    return shown if pd.isna(low) else f"{shown} (95 % {low:{sign}.2f} to {high:{sign}.2f})"


def _rounded(*names: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{name}:Q", format=".2f") for name in names]
