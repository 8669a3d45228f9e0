"""One participant's course and prompts."""

from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.phases import NAME_HEIGHT, PLOT_HEIGHT, axis_up_to, phase_names, shading
from dashboard.theme import ARM_COLOURS, OUTCOME_COLOURS, SOFT, configured

NOTES = {
    "scale_changed": "The study changed how this is asked; answers to the other version are left out.",
    "languages_mixed": "These answers were given in more than one language.",
    "own_initiative": "Some of these check-ins were made on the participant's own initiative.",
}
"""What the notes on a value mean."""


def person_course(course: pd.DataFrame, answers: pd.DataFrame, phases: pd.DataFrame, unit: str) -> Any:
    """One person's indicator as a line that gaps break, single answers as dots behind, phases shaded."""
    time = alt.X("at:T", title=None, axis=alt.Axis(format="%d %b", grid=False, labelOverlap=True))
    layers = [shading(phases, "T"), phase_names(phases, "T")]
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
                axis=axis_up_to(max(_values(course, answers))),
                scale=alt.Scale(domain=_with_room(_values(course, answers), len(phases))),
            ),
            detail="stretch:N",
            tooltip=["at:T", alt.Tooltip("value:Q", format=".2f"), "n:Q"],
        )
    )
    return configured(
        alt.layer(*layers).properties(height=340, description=person_course_description(course))
    )


def _values(course: pd.DataFrame, answers: pd.DataFrame) -> list[float]:
    return [*course["value"], *(answers["value"] if len(answers) else [])]


def _with_room(values: list[float], names: int) -> list[float]:
    """The range of the values, with room for so many phases' names above them."""
    low, high = min(values), max(values)
    room = max((high - low) * 0.05, 0.05)
    share = names * NAME_HEIGHT / PLOT_HEIGHT
    return [low - room, high + room + (high - low + 2 * room) * share / (1 - share)]


def person_course_description(course: pd.DataFrame) -> str:
    """The chart as a sentence: first, lowest, highest and newest value."""
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
        .properties(height=210, description=compliance_description(prompts))
    )  # fmt: skip


def compliance_description(prompts: pd.DataFrame) -> str:
    """The chart as a sentence: answered, expired, longest run of missed prompts, minutes to answer."""
    counts = prompts["status"].value_counts()
    answered, expired = int(counts.get("answered", 0)), int(counts.get("expired", 0))
    closed = prompts[prompts["status"] != "pending"]
    missed = closed["status"] == "expired"
    runs = missed.groupby((~missed).cumsum()).sum()
    text = f"{answered} of {answered + expired} prompts answered"
    if len(runs) and runs.max():
        text += f"; longest run of missed prompts: {int(runs.max())}"
    minutes = prompts["minutes"].dropna()
    return text + (f"; median time to answer: {minutes.median():.0f} min." if len(minutes) else ".")


def broken_at_gaps(course: pd.DataFrame, days: float = 2.0) -> pd.DataFrame:
    """A course with a `stretch` number that changes after a gap without data, so that lines break there."""
    known = course.dropna(subset=["value"]).copy()
    known["stretch"] = (known["at"].diff() > pd.Timedelta(days=days)).cumsum()
    return known
