"""The charts: from data frames to Altair."""

from typing import Any

import altair as alt
import pandas as pd

from dashboard.theme import ARM_COLOURS, ARM_SHAPES, INK, OUTCOME_COLOURS, PHASE_COLOURS, SOFT, configured
from schemas.study import Arm, Study

_NAME_HEIGHT, _PLOT_HEIGHT = 15, 260
_LETTER_SHARE = 0.028
"""Width of a letter of a phase's name as a share of the plot on a telephone."""
_PHASES = list(PHASE_COLOURS)
_PHASE_SCALE = alt.Scale(domain=_PHASES, range=[PHASE_COLOURS[name] for name in _PHASES])


NOTES = {
    "scale_changed": "The study changed how this is asked: answers of the other version are left out.",
    "languages_mixed": "These answers were given in more than one language.",
}
"""What the notes on a value mean."""


def per_day_in_words(frame: pd.DataFrame) -> str:
    """The same as a sentence."""
    days = frame.groupby("day")["checkins"].sum()
    shares = frame.groupby("channel")["checkins"].sum()
    parts = ", ".join(f"{count:,} by {channel}" for channel, count in shares.items())
    return (
        f"From {days.index.min():%d %b %Y} to {days.index.max():%d %b %Y}: "
        f"{days.sum():,} check-ins, {parts}; "
        f"{days.median():.0f} on a middle day, {days.max()} on the fullest."
    )


def per_day(frame: pd.DataFrame) -> Any:
    """Check-ins of each day, stacked by channel."""
    return configured(
        alt.Chart(frame)
        .mark_bar(binSpacing=0)
        .encode(
            x=alt.X("yearmonthdate(day):T", title=None, axis=alt.Axis(format="%d %b", grid=False)),
            y=alt.Y("checkins:Q", title="check-ins"),
            color=alt.Color(
                "channel:N", title=None, scale=alt.Scale(range=list(ARM_COLOURS)),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=["day:T", "channel:N", "checkins:Q"],
        )
        .properties(height=300, description=per_day_in_words(frame))
    )  # fmt: skip


def phase_frame(arm: Arm, study: Study) -> pd.DataFrame:
    """An arm's phases by study week: `phase`, `start`, `end` (in weeks), `label`, `days`."""
    rows, day = [], 0
    names = {one.id: study.in_language(one.name, "en") for one in study.interventions}
    for phase in arm.phases:
        label = ", ".join(names[one] for one in phase.interventions) or phase.kind.value
        rows.append((phase.kind.value, day / 7 + 0.5, (day + phase.days) / 7 + 0.5, label, phase.days))
        day += phase.days
    return pd.DataFrame(rows, columns=["phase", "start", "end", "label", "days"])


def value_range(weeks: pd.DataFrame, study: Study) -> tuple[float, float]:
    """The range that every arm's chart shows, so that arms can be compared by eye; the names fit above it."""
    low, high = float(weeks["low"].min()), float(weeks["high"].max())
    room = max((high - low) * 0.1, 0.05)
    low, high = low - 3 * room, high + room
    names = max(len(arm.phases) for arm in study.arms) * _NAME_HEIGHT / _PLOT_HEIGHT
    return low, high + (high - low) * names / (1 - names)


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
        axis=alt.Axis(values=list(range(1, arm.days // 7 + 1)), grid=False, format="d"),
    )
    base = alt.Chart(weeks.dropna(subset=["mean"]).assign(floor=shown[0])).encode(x=axis)
    bars = base.mark_rule(color=tint, strokeWidth=2).encode(
        y=alt.Y("low:Q", title=unit, scale=values, axis=_up_to(float(weeks["high"].max()))), y2="high:Q"
    )
    line = base.mark_line(color=tint, strokeWidth=2).encode(y="mean:Q")
    points = base.mark_point(
        shape=ARM_SHAPES[colour % len(ARM_SHAPES)], filled=True, size=80, color=tint, opacity=1
    ).encode(y="mean:Q", tooltip=["week:Q", *_rounded("mean", "low", "high"), "n:Q"])
    counts = base.mark_text(color=SOFT, fontSize=11, dy=-8).encode(y="floor:Q", text="n:Q")
    phases = phase_frame(arm, study)
    layers = alt.layer(_shade(phases, "Q"), _phase_names(phases, "Q"), bars, line, points, counts)
    said = arm_course_in_words(weeks, arm, study)
    return configured(layers.properties(height=320, description=said))


def _phase_names(phases: pd.DataFrame, kind: str) -> Any:
    """The phases' names, each in a row of its own at the top, as near above its phase as it fits."""
    first, length = phases["start"].iloc[0], phases["end"].iloc[-1] - phases["start"].iloc[0]
    rows = []
    for row, phase in enumerate(phases.itertuples()):
        half = min(len(phase.label) * _LETTER_SHARE / 2, 0.5)
        middle = ((phase.start - first) + (phase.end - phase.start) / 2) / length
        rows.append((phase.label, first + length * min(max(middle, half), 1 - half), 4 + row * _NAME_HEIGHT))
    frame = pd.DataFrame(rows, columns=["label", "at_name", "down"])
    return (
        alt.Chart(frame)
        .mark_text(baseline="top", fontSize=11, color=INK)
        .encode(x=f"at_name:{kind}", y=alt.Y("down:Q", scale=None), text="label:N")
    )


def arm_course_in_words(weeks: pd.DataFrame, arm: Arm, study: Study) -> str:
    """The same as a sentence: first and last mean, people, phases."""
    known = weeks.dropna(subset=["mean"])
    phases = " → ".join(f"{row.label} ({row.days} d)" for row in phase_frame(arm, study).itertuples())
    if known.empty:
        return f"Phases: {phases}. Fewer than five people in every week."
    first, last = known.iloc[0], known.iloc[-1]
    return (
        f"Phases: {phases}. Week {first['week']}: {_with_interval(first)}; "
        f"week {last['week']}: {_with_interval(last)}."
    )


def _with_interval(row: Any) -> str:
    return f"{row['mean']:.2f} (95 % {row['low']:.2f} to {row['high']:.2f})"


def _shade(phases: pd.DataFrame, kind: str) -> Any:
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


def changes(frame: pd.DataFrame, study: Study, unit: str) -> Any:
    """Change from baseline for each arm and phase: dots with 95 % intervals, named above, n beside them.

    Args:
        frame: Columns `arm`, `phase`, `mean`, `low`, `high`, `n`.
        study: Its arms in their order give each its colour and shape.
        unit: Of the change.
    """
    arms = [arm.id for arm in study.arms]
    titles = {arm.id: study.in_language(arm.name, "en") for arm in study.arms}
    known = frame.dropna(subset=["mean"])
    low, high = min(float(known["low"].min()), 0.0), max(float(known["high"].max()), 0.0)
    room = max((high - low) * 0.08, 0.05)
    known = known.assign(
        row=[f"{arm} {phase}" for arm, phase in zip(known["arm"], known["phase"], strict=True)],
        label=[
            f"{titles[arm]}: {phase}, n={n}"
            for arm, phase, n in zip(known["arm"], known["phase"], known["n"], strict=True)
        ],
        edge=low - room,
    )
    colour = alt.Color(
        "arm:N", scale=alt.Scale(domain=arms, range=list(ARM_COLOURS[: len(arms)])), legend=None
    )
    shapes = alt.Scale(domain=arms, range=list(ARM_SHAPES[: len(arms)]))
    rows = alt.Y("row:N", title=None, sort=list(known["row"]), axis=None)
    title = f"change ({unit}); 0 is as at baseline"
    across = alt.Scale(domain=[low - room, high + room], nice=False)
    base = alt.Chart(known)
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=INK, strokeWidth=1.5).encode(x="x:Q")
    bars = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("low:Q", title=title, scale=across, axis=alt.Axis(tickCount=6)),
        x2="high:Q",
        y=rows,
        color=colour,
    )
    dots = base.mark_point(filled=True, size=120, opacity=1).encode(
        x="mean:Q",
        y=rows,
        color=colour,
        shape=alt.Shape("arm:N", scale=shapes, legend=None),
        tooltip=["arm:N", "phase:N", *_rounded("mean", "low", "high"), "n:Q"],
    )
    # A white rim keeps the names readable where they cross the line of zero.
    rim, names = (
        base.mark_text(align="left", dy=-15, fontSize=12, **ink).encode(x="edge:Q", y=rows, text="label:N")
        for ink in ({"stroke": "white", "strokeWidth": 5}, {"color": INK})
    )
    said = "; ".join(
        f"{row.label}: {row.mean:+.2f} (95 % {row.low:+.2f} to {row.high:+.2f})" for row in known.itertuples()
    )
    height = 52 * max(len(known), 1) + 20
    return configured(
        alt.layer(zero, bars, dots, rim, names).properties(
            height=height, description=f"Change from baseline in {unit}. {said}."
        )
    )


def _rounded(*names: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{name}:Q", format="+.2f") for name in names]


def person_course(course: pd.DataFrame, answers: pd.DataFrame, phases: pd.DataFrame, unit: str) -> Any:
    """One person's indicator as a line that gaps break, single answers as dots behind, phases shaded."""
    time = alt.X("at:T", title=None, axis=alt.Axis(format="%d %b", grid=False, labelOverlap=True))
    layers = [_shade(phases, "T"), _phase_names(phases, "T")]
    if len(answers):
        layers.append(
            alt.Chart(answers).mark_circle(size=22, opacity=0.45, color=SOFT).encode(x=time, y="value:Q")
        )
    layers.append(
        alt.Chart(course)
        .mark_line(strokeWidth=2.5, color=ARM_COLOURS[0])
        .encode(
            x=time,
            y=alt.Y(
                "value:Q",
                title=unit,
                axis=_up_to(max(_values(course, answers))),
                scale=alt.Scale(domain=_with_room(_values(course, answers), len(phases))),
            ),
            detail="stretch:N",
            tooltip=["at:T", alt.Tooltip("value:Q", format=".2f"), "n:Q"],
        )
    )
    return configured(alt.layer(*layers).properties(height=340, description=person_course_in_words(course)))


def _values(course: pd.DataFrame, answers: pd.DataFrame) -> list[float]:
    return [*course["value"], *(answers["value"] if len(answers) else [])]


def _with_room(values: list[float], names: int) -> list[float]:
    """The range of the values, with room for so many phases' names above them."""
    low, high = min(values), max(values)
    room = max((high - low) * 0.05, 0.05)
    share = names * _NAME_HEIGHT / _PLOT_HEIGHT
    return [low - room, high + room + (high - low + 2 * room) * share / (1 - share)]


def _up_to(highest: float) -> alt.Axis:
    """An axis without numbers where the phases' names are."""
    return alt.Axis(labelExpr=f"datum.value <= {highest + 0.5} ? datum.label : ''")


def person_course_in_words(course: pd.DataFrame) -> str:
    """The same as a sentence: first, lowest, highest and newest value."""
    low, high = course.loc[course["value"].idxmin()], course.loc[course["value"].idxmax()]
    first, last = course.iloc[0], course.iloc[-1]
    return (
        f"{len(course)} values: {first['value']:.2f} on {first['at']:%d %b}, "
        f"lowest {low['value']:.2f} on {low['at']:%d %b}, highest {high['value']:.2f} on {high['at']:%d %b}, "
        f"newest {last['value']:.2f} on {last['at']:%d %b %Y}."
    )


def compliance_strip(prompts: pd.DataFrame) -> Any:
    """A square for each prompt: study days across, prompts of a day down; answered, expired or pending.

    Args:
        prompts: Columns `day`, `beep`, `status`, `asked`, `minutes`.
    """
    outcomes = list(OUTCOME_COLOURS)
    return configured(
        alt.Chart(prompts)
        .mark_rect(stroke="white", strokeWidth=1)
        .encode(
            x=alt.X("yearmonthdate(day):O", title=None, axis=alt.Axis(format="%d %b", labelOverlap=True)),
            y=alt.Y("beep:O", title="prompt"),
            color=alt.Color(
                "status:N", title=None, legend=alt.Legend(orient="top"),
                scale=alt.Scale(domain=outcomes, range=[OUTCOME_COLOURS[name] for name in outcomes]),
            ),
            tooltip=[alt.Tooltip("asked:T", format="%d %b %H:%M"), "status:N", "minutes:Q"],
        )
        .properties(height=210, description=compliance_in_words(prompts))
    )  # fmt: skip


def compliance_in_words(prompts: pd.DataFrame) -> str:
    """The same as a sentence: answered, expired, longest run of missed prompts, minutes to answer."""
    counts = prompts["status"].value_counts()
    answered, expired = int(counts.get("answered", 0)), int(counts.get("expired", 0))
    closed = prompts[prompts["status"] != "pending"]
    missed = closed["status"] == "expired"
    runs = missed.groupby((~missed).cumsum()).sum()
    said = f"{answered} of {answered + expired} prompts answered"
    if len(runs) and runs.max():
        said += f"; longest run of missed ones: {int(runs.max())}"
    minutes = prompts["minutes"].dropna()
    return said + (f"; middle time to answer: {minutes.median():.0f} min." if len(minutes) else ".")


def broken_at_gaps(course: pd.DataFrame, days: float = 2.0) -> pd.DataFrame:
    """A course with a `stretch` number that changes after a gap without data, so that lines break there."""
    known = course.dropna(subset=["value"]).copy()
    known["stretch"] = (known["at"].diff() > pd.Timedelta(days=days)).cumsum()
    return known
