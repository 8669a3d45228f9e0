"""How many people take part, how much they answer, and how old the newest data are."""

import streamlit as st

from dashboard import charts
from dashboard.connection import chosen, in_words, say_empty
from streams.store.queries import Data


def age_in_words(seconds: float) -> str:
    """An age as people say it."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return f"{max(int(seconds), 0)} s ago"


@st.fragment(run_every="5s")
@in_words
def numbers(data: Data) -> None:
    """The figures, fresh every five seconds."""
    found = data.totals()
    columns = st.columns(4)
    columns[0].metric("People", f"{found['people']:,}")
    columns[1].metric("Check-ins", f"{found['checkins']:,}")
    share = found["answered"] / found["closed"] if found["closed"] else None
    columns[2].metric(
        "Compliance", f"{share:.0%}" if share is not None else "none yet",
        help="Prompts that were answered, as a share of those answered or expired.",
    )  # fmt: skip
    columns[3].metric(
        "Newest check-in", age_in_words(float(found["age"])) if found["checkins"] else "none yet"
    )


st.title("Overview")
data = chosen()
numbers(data)
per_day = data.per_day()
if per_day.empty:
    say_empty()
else:
    st.subheader("Check-ins per day")
    st.altair_chart(charts.per_day(per_day), width="stretch")
    st.caption(charts.per_day_in_words(per_day))
    with st.expander("As a table"):
        st.dataframe(per_day, hide_index=True)
    st.subheader("Arms")
    study, arms = data.study(), data.arms()
    if study is not None:
        names = {arm.id: study.in_language(arm.name, "en") for arm in study.arms}
        arms["arm"] = [names.get(arm, arm) for arm in arms["arm"]]
    st.dataframe(
        arms.rename(columns={"checkins": "check-ins"}), hide_index=True, width="stretch",
        column_config={"compliance": st.column_config.NumberColumn(format="percent")},
    )  # fmt: skip
    if arms["compliance"].isna().any():
        st.caption("Arms of fewer than five people show no figures: they could be traced to persons.")
