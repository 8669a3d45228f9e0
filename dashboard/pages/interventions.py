"""Weekly means of an indicator for each arm, and the change from baseline."""

import streamlit as st

from dashboard import charts
from dashboard.connection import data, say_empty
from dashboard.queries import CHOICES, arm_weeks, changes

st.title("Interventions")
choice = st.selectbox("Indicator", CHOICES, format_func=lambda one: one.title, key="indicator")
study = data().study()
weekly = data().weekly(choice)
if study is None or weekly.empty:
    say_empty()
    st.stop()

st.caption(
    f"{choice.title}: {choice.formula}; unit: {choice.unit}. Each point is the mean over people of their "
    "7-day value at the end of a study week; bars are 95 % intervals (bootstrap over people, 2,000 draws); "
    "the number below a point is how many people are behind it. Below five people nothing is shown."
)
weeks = arm_weeks(weekly)
shown = charts.value_range(weeks)
arms = [arm for arm in study.arms if arm.id in set(weeks["arm"])]
for place, (column, arm) in enumerate(zip(st.columns(len(arms)), arms, strict=True)):
    with column:
        mine = weeks[weeks["arm"] == arm.id]
        st.subheader(study.in_language(arm.name, "en"))
        st.altair_chart(charts.arm_course(mine, arm, study, place, choice.unit, shown), width="stretch")
with st.expander("As a table"):
    st.dataframe(weeks, hide_index=True)

st.header("Change from baseline while in each phase")
found = changes(weekly, study)
if found["mean"].notna().any():
    st.altair_chart(charts.changes(found, [arm.id for arm in study.arms], choice.unit), width="stretch")
few = found[found["mean"].isna()]
if len(few):
    st.caption(f"Fewer than five people so far: {', '.join(few['arm'] + ' in ' + few['phase'])}.")
with st.expander("As a table", key="changes"):
    st.dataframe(found, hide_index=True)
st.caption(
    "These are changes, not effects: people often join when they feel worst and would improve somewhat "
    "anyway (regression to the mean). Only a randomised comparison tells what an intervention does."
)
