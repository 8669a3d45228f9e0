"""The charts: from data frames to Altair."""

from typing import Any

import altair as alt
import pandas as pd

from dashboard.theme import ARM_COLOURS, ARM_SHAPES, PHASE_COLOURS, SOFT, configured
from schemas.study import Arm, Study

_PHASES = list(PHASE_COLOURS)
_PHASE_SCALE = alt.Scale(domain=_PHASES, range=[PHASE_COLOURS[name] for name in _PHASES])


def per_day(frame: pd.DataFrame) -> Any:
    """Check-ins of each day, stacked by channel."""
    return configured(
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("checkins:Q", title="check-ins"),
            color=alt.Color(
                "channel:N", title=None, scale=alt.Scale(range=list(ARM_COLOURS)),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=["day:T", "channel:N", "checkins:Q"],
        )
        .properties(height=220)
    )  # fmt: skip


def phase_frame(arm: Arm, study: Study) -> pd.DataFrame:
    """An arm's phases by study week: `phase`, `start`, `end` (in weeks), `label`."""
    rows, day = [], 0
    names = {one.id: study.in_language(one.name, "en") for one in study.interventions}
    for phase in arm.phases:
        label = ", ".join(names[one] for one in phase.interventions) or phase.kind.value
        rows.append((phase.kind.value, day / 7 + 0.5, (day + phase.days) / 7 + 0.5, label))
        day += phase.days
    return pd.DataFrame(rows, columns=["phase", "start", "end", "label"])


def value_range(weeks: pd.DataFrame) -> tuple[float, float]:
    """The range of values that every arm's chart shows, so that arms can be compared by eye."""
    low, high = float(weeks["low"].min()), float(weeks["high"].max())
    room = max((high - low) * 0.15, 0.05)
    return low - 2 * room, high + room


def arm_course(
    weeks: pd.DataFrame, arm: Arm, study: Study, colour: int, unit: str, shown: tuple[float, float]
) -> Any:
    """One arm's weekly means with intervals over its shaded phases, n under each point.

    Args:
        weeks: Columns `week`, `mean`, `low`, `high`, `n`; weeks without a mean are left out.
        arm: Whose phases are shaded.
        study: Names the interventions.
        colour: The arm's place in the palette.
        unit: Title of the axis.
        shown: Lowest and highest value on the axis.
    """
    tint = ARM_COLOURS[colour % len(ARM_COLOURS)]
    values = alt.Scale(domain=list(shown), nice=False)
    last = arm.days / 7 + 0.5
    axis = alt.X(
        "week:Q",
        title="study week",
        scale=alt.Scale(domain=[0.5, last], nice=False),
        axis=alt.Axis(tickMinStep=1, grid=False, format="d"),
    )
    base = alt.Chart(weeks.dropna(subset=["mean"]).assign(floor=shown[0])).encode(x=axis)
    bars = base.mark_rule(color=tint, strokeWidth=2).encode(
        y=alt.Y("low:Q", title=unit, scale=values), y2="high:Q"
    )
    line = base.mark_line(color=tint, strokeWidth=2).encode(y="mean:Q")
    points = base.mark_point(
        shape=ARM_SHAPES[colour % len(ARM_SHAPES)], filled=True, size=80, color=tint, opacity=1
    ).encode(y="mean:Q", tooltip=["week:Q", *_rounded("mean", "low", "high"), "n:Q"])
    counts = base.mark_text(color=SOFT, fontSize=11, dy=-8).encode(y="floor:Q", text="n:Q")
    layers = alt.layer(_shade(phase_frame(arm, study), "Q"), bars, line, points, counts)
    return configured(layers.properties(height=280))


def _shade(phases: pd.DataFrame, kind: str) -> Any:
    """Phases as coloured ground; `kind` is Q for weeks, T for dates."""
    return (
        alt.Chart(phases)
        .mark_rect()
        .encode(
            x=f"start:{kind}",
            x2="end",
            color=alt.Color(
                "phase:N", scale=_PHASE_SCALE, title=None, legend=alt.Legend(orient="top", columns=2)
            ),
            tooltip=["phase:N", "label:N"],
        )
    )


def changes(frame: pd.DataFrame, arms: list[str], unit: str) -> Any:
    """Change from baseline for each arm and phase: dots with 95 % intervals, n beside them.

    Args:
        frame: Columns `arm`, `phase`, `mean`, `low`, `high`, `n`.
        arms: All arms in the study's order, which gives each its colour and shape.
        unit: Of the change.
    """
    known = frame.dropna(subset=["mean"])
    known = known.assign(row=known["arm"] + " · " + known["phase"], label=[f"n={n}" for n in known["n"]])
    colour = alt.Color(
        "arm:N", scale=alt.Scale(domain=arms, range=list(ARM_COLOURS[: len(arms)])), legend=None
    )
    shapes = alt.Scale(domain=arms, range=list(ARM_SHAPES[: len(arms)]))
    rows = alt.Y("row:N", title=None, sort=list(known["row"]), axis=alt.Axis(labelLimit=150))
    base = alt.Chart(known)
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=SOFT, strokeDash=[4, 4]).encode(x="x:Q")
    bars = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("low:Q", title=f"change from baseline ({unit})"), x2="high:Q", y=rows, color=colour
    )
    dots = base.mark_point(filled=True, size=120, opacity=1).encode(
        x="mean:Q",
        y=rows,
        color=colour,
        shape=alt.Shape("arm:N", scale=shapes, legend=None),
        tooltip=["arm:N", "phase:N", *_rounded("mean", "low", "high"), "n:Q"],
    )
    counts = base.mark_text(dy=-14, color=SOFT, fontSize=11).encode(x="mean:Q", y=rows, text="label:N")
    return configured(alt.layer(zero, bars, dots, counts).properties(height=46 * max(len(known), 1) + 40))


def _rounded(*names: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{name}:Q", format="+.2f") for name in names]


def person_course(course: pd.DataFrame, answers: pd.DataFrame, phases: pd.DataFrame, unit: str) -> Any:
    """One person's indicator as a line that gaps break, single answers as dots behind, phases shaded."""
    time = alt.X("at:T", title=None)
    layers = [_shade(phases, "T")]
    if len(answers):
        layers.append(
            alt.Chart(answers).mark_circle(size=22, opacity=0.45, color=SOFT).encode(x=time, y="value:Q")
        )
    layers.append(
        alt.Chart(course)
        .mark_line(strokeWidth=2.5, color=ARM_COLOURS[0])
        .encode(
            x=time,
            y=alt.Y("value:Q", title=unit),
            detail="stretch:N",
            tooltip=["at:T", alt.Tooltip("value:Q", format=".2f"), "n:Q"],
        )
    )
    return configured(alt.layer(*layers).properties(height=300))


def broken_at_gaps(course: pd.DataFrame, days: float = 2.0) -> pd.DataFrame:
    """A course with a `stretch` number that changes after a gap without data, so that lines break there."""
    known = course.dropna(subset=["value"]).copy()
    known["stretch"] = (known["at"].diff() > pd.Timedelta(days=days)).cumsum()
    return known
