"""Weekly means of an indicator for each arm, and the change from baseline."""

import streamlit as st

from dashboard import charts
from dashboard.connection import chosen, say_empty
from streams.store.queries import arm_weeks, changes

st.title("Interventions")
data = chosen()
choice = st.selectbox("Indicator", data.choices(), format_func=lambda one: one.title, key="indicator")
entry = data.entry(choice)
study = data.study()
weekly = data.weekly(choice)
if study is None or weekly.empty:
    say_empty()
    st.stop()

HOW = (
    "a person's mean of the answers given in that study week"
    if choice.measure
    else f"a person's 7-day value at the last check-in of that study week ({entry.formula})"
)
st.caption(
    f"Each point is the mean over people of {HOW}, in {entry.unit}. Bars are 95 % intervals "
    "(bootstrap over people, 2,000 draws); the number below a point is how many people are behind it. "
    "Below five people nothing is shown."
)
with st.expander("What this indicator is"):
    st.write(entry.help)
weeks = arm_weeks(weekly)
arms = [arm for arm in study.arms if arm.id in set(weeks["arm"])]
if weeks["mean"].isna().all():
    st.info("No arm has five people with data in one week yet; for privacy, fewer are not shown.")
else:
    shown = charts.value_range(weeks, study)
    for place, (column, arm) in enumerate(zip(st.columns(len(arms)), arms, strict=True)):
        with column:
            mine = weeks[weeks["arm"] == arm.id]
            st.subheader(study.in_language(arm.name, "en"))
            st.altair_chart(charts.arm_course(mine, arm, study, place, entry.unit, shown), width="stretch")
            st.caption(charts.arm_course_in_words(mine, arm, study))
    with st.expander("As a table"):
        st.dataframe(weeks, hide_index=True)

st.header("Change from baseline while in each phase")
found = changes(weekly, study)
if found["mean"].notna().any():
    st.altair_chart(charts.changes(found, study, entry.unit), width="stretch")
if found.empty:
    st.info("Nobody has data both of the baseline and of a later phase yet.")
few = found[found["mean"].isna()]
if len(few):
    st.caption(f"Fewer than five people so far: {', '.join(few['arm'] + ' in ' + few['phase'])}.")
with st.expander("As a table", key="changes"):
    st.dataframe(found, hide_index=True)
st.caption(
    "These are changes, not effects: people often join when they feel worst and would improve somewhat "
    "anyway (regression to the mean). Only a randomised comparison tells what an intervention does."
)
