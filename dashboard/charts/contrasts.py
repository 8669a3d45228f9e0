"""The contrasts of all outcomes side by side: a forest plot for each kind of phase.

Outcomes have different units, so the axis shows each difference as a share of the range that its outcome can
take; the numbers in the outcomes' own units are in the tooltips, the description and the table.
"""

from typing import Any

import altair as alt
import pandas as pd

from dashboard.theme import ARM_COLOURS, ARM_SHAPES, INK, configured
from schemas.study import Study
from streams.statistics.report import StudyReport
from streams.store.queries import Outcome

_ROW_GAP, _ARM_HEIGHT = 14, 18
_LEGEND_HEIGHT, _AXIS_HEIGHT = 26, 60
_LABEL_WIDTH = 150


def contrast_frame(found: StudyReport, study: Study, outcomes: list[Outcome]) -> pd.DataFrame:
    """The contrasts of a report, with the title of each outcome and shares of its range in percent.

    Columns beyond those of the table: `title`, `place` of the arm in the palette, and `share`, `share_low`
    and `share_high`.
    """
    places = {arm.id: place for place, arm in enumerate(study.arms)}
    rows = []
    for outcome in outcomes:
        one = found.of(outcome.name)
        span = outcome.span(study)
        for row in one.table(one.contrasts):
            shares = {
                name: None if row[of] is None else 100 * row[of] / span
                for name, of in (("share", "estimate"), ("share_low", "low"), ("share_high", "high"))
            }
            rows.append({"title": outcome.title, "place": places[row["arm"]], **row, **shares})
    return pd.DataFrame(rows)


def forest(rows: pd.DataFrame, study: Study) -> Any:
    """One kind of phase: a row for each outcome, a dot with its 95 % interval for each arm.

    Args:
        rows: Of `contrast_frame`, of one kind of phase; those without an estimate are left out.
        study: Names the arms; their order gives each its colour and shape.
    """
    shares = ["share", "share_low", "share_high"]
    known = rows.dropna(subset=["share"]).astype(dict.fromkeys(shares, float))
    known = known.assign(arm_name=[study.in_language(study.arms[k].name, "en") for k in known["place"]])
    low, high = float(known[shares].min(axis=None)), float(known[shares].max(axis=None))
    reach = max(abs(low), abs(high), 1.0) * 1.05
    titles, arms = list(dict.fromkeys(known["title"])), list(dict.fromkeys(known["arm_name"]))
    places = [int(known.loc[known["arm_name"] == arm, "place"].iloc[0]) for arm in arms]
    # One arm needs no legend: the heading names it.
    legend = alt.Legend(title=None, orient="top", direction="vertical") if len(arms) > 1 else None
    tints = alt.Scale(domain=arms, range=[ARM_COLOURS[k % len(ARM_COLOURS)] for k in places])
    shapes = alt.Scale(domain=arms, range=[ARM_SHAPES[k % len(ARM_SHAPES)] for k in places])
    colour = alt.Color("arm_name:N", scale=tints, legend=legend)
    down = alt.Y(
        "title:N", title=None, sort=titles, scale=alt.Scale(paddingInner=0.2),
        axis=alt.Axis(
            labelLimit=_LABEL_WIDTH, labelOverlap=False, labelColor=INK, ticks=False, domain=False, grid=True
        ),
    )  # fmt: skip
    beside = alt.YOffset("arm_name:N", sort=arms)
    across = alt.X(
        "share_low:Q", title="difference, % of the range",
        scale=alt.Scale(domain=[-reach, reach], nice=False), axis=alt.Axis(tickCount=5),
    )  # fmt: skip
    base = alt.Chart(known).encode(y=down, yOffset=beside, color=colour)
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=INK, strokeWidth=1.5).encode(x="x:Q")
    bars = base.mark_rule(strokeWidth=3).encode(x=across, x2="share_high:Q")
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(
        x="share:Q",
        shape=alt.Shape("arm_name:N", scale=shapes, legend=legend),
        tooltip=[
            "title:N", "arm_name:N", "claim:N",
            *(alt.Tooltip(f"{name}:Q", format=".2f") for name in ("estimate", "low", "high")),
            "people:Q", "people_reference:Q",
        ],
    )  # fmt: skip
    # The chart is fitted into its height together with its axis and legend.
    height = len(titles) * (_ROW_GAP + _ARM_HEIGHT * len(arms)) + _AXIS_HEIGHT
    height += _LEGEND_HEIGHT * len(arms) if legend else 0
    return configured(
        alt.layer(zero, bars, dots).properties(height=height, description=forest_description(rows))
    )


def forest_description(rows: pd.DataFrame) -> str:
    """The chart as a sentence: every contrast in its own unit, with its interval and people."""
    parts = [
        f"{row.title}, {row.arm}: {row.estimate:+.2f}"
        + ("" if pd.isna(row.low) else f" (95 % {row.low:+.2f} to {row.high:+.2f})")
        + f", n={row.people} and {row.people_reference}"
        for row in rows.dropna(subset=["estimate"]).itertuples()
    ]
    if not parts:
        return "No contrast can be shown yet."
    return f"Difference in change from baseline to {rows['phase'].iloc[0]}. {'; '.join(parts)}."
