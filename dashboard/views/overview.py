"""How many people take part, how much they answer, and how old the newest data are."""

import pandas as pd
import streamlit as st

from dashboard.charts import checkins
from dashboard.connection import chosen, explain_trouble, say_empty
from dashboard.help_calls import open_calls
from streams.statistics.plan import ALL_ARMS
from streams.store.queries import StudyData

HIDDEN = "Hidden: fewer than five people, or enough to work out an arm of fewer than five."

COMPLIANCE = "Prompts that were answered, as a share of those answered or expired."


def age(seconds: float) -> str:
    """An age such as "3 hours ago"."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return f"{max(int(seconds), 0)} s ago"


def _count(value: object) -> str:
    return "hidden" if pd.isna(value) else f"{value:,}"


def _why(value: object) -> str | None:
    return HIDDEN if pd.isna(value) else None


@st.fragment(run_every="5s")
@explain_trouble
def totals(data: StudyData) -> None:
    """The totals, fresh every five seconds."""
    total = data.arms().iloc[-1]
    seconds = data.seconds_since_checkin()
    columns = st.columns(4)
    columns[0].metric("People", _count(total["people"]), help=_why(total["people"]))
    columns[1].metric("Check-ins", _count(total["checkins"]), help=_why(total["checkins"]))
    share = total["compliance"]
    columns[2].metric(
        "Compliance", f"{share:.0%}" if pd.notna(share) else "hidden" if total["hidden"] else "none yet",
        help=HIDDEN if total["hidden"] and pd.isna(share) else COMPLIANCE,
    )  # fmt: skip
    columns[3].metric("Newest check-in", "none yet" if seconds is None else age(seconds))


st.title("Overview")
open_calls()
data = chosen()
totals(data)
per_day = data.per_day()
if per_day.empty:
    say_empty()
else:
    st.subheader("Check-ins per day")
    if per_day["checkins"].isna().all():
        st.info("On no day have five people checked in yet; fewer are not shown.")
    else:
        st.altair_chart(checkins.per_day(per_day), width="stretch")
        st.caption(f"{checkins.per_day_description(per_day)} Days of fewer than five people are not shown.")
        with st.expander("As a table"):
            st.dataframe(per_day, hide_index=True)
    st.subheader("Arms")
    study, arms = data.study(), data.arms()
    if study is not None:
        names = {arm.id: study.in_language(arm.name, "en") for arm in study.arms} | {ALL_ARMS: "All arms"}
        order = {name: place for place, name in enumerate(names)}
        arms = arms.sort_values("arm", key=lambda ids: ids.map(order))
        arms["arm"] = [names.get(arm, arm) for arm in arms["arm"]]
    st.dataframe(
        arms.drop(columns="hidden").rename(columns={"checkins": "check-ins"}),
        hide_index=True, width="stretch",
        column_config={"compliance": st.column_config.NumberColumn(format="percent")},
    )  # fmt: skip
    if arms["hidden"].any():
        st.caption(
            "Numbers about fewer than five people are hidden, since people could be recognised; so is "
            "whatever would let them be worked out."
        )
