"""Check-ins over the days of the study."""

from typing import Any

import altair as alt
import pandas as pd

from dashboard.theme import ARM_COLOURS, configured


def per_day_description(frame: pd.DataFrame) -> str:
    """The chart as a sentence; hidden days do not count."""
    known = frame.dropna(subset=["checkins"])
    days = known.groupby("day")["checkins"].sum()
    shares = known.groupby("channel")["checkins"].sum()
    parts = ", ".join(f"{count:,} by {channel}" for channel, count in shares.items())
    return (
        f"From {days.index.min():%d %b %Y} to {days.index.max():%d %b %Y}: {days.sum():,} check-ins, "
        f"{parts}; median {days.median():.0f} a day, highest {days.max()}."
    )


def per_day(frame: pd.DataFrame) -> Any:
    """Check-ins of each day, stacked by channel; hidden ones are left out."""
    return configured(
        alt.Chart(frame.dropna(subset=["checkins"]))
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
        .properties(height=300, description=per_day_description(frame))
    )  # fmt: skip
