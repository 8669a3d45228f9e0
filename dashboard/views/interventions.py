"""Weekly means of an outcome for each arm, and the change from baseline."""

import pandas as pd
import streamlit as st

from dashboard.charts import groups
from dashboard.connection import chosen, report, say_empty
from schemas.study import Study
from streams.statistics.claims import Claim
from streams.statistics.report import Report
from streams.store.queries import Outcome

HIDDEN = "Groups of fewer than five people are hidden, and so is any figure that would reveal them."


def measured(outcome: Outcome, formula: str) -> str:
    """What one person contributes to a week."""
    if outcome.measure:
        return "the mean of a person's check-ins in that study week"
    return f"a person's 7-day value at the last check-in of that study week ({formula})"


def show_weeks(found: Report, study: Study, unit: str) -> None:
    """A chart for each arm, and the same as a table."""
    weeks = groups.frame(found.weeks)
    if weeks["mean"].isna().all():
        st.info(f"No week has five people in an arm yet. {HIDDEN}")
        return
    arms = [arm for arm in study.arms if weeks.loc[weeks["arm"] == arm.id, "mean"].notna().any()]
    drawn = weeks[weeks["arm"].isin([arm.id for arm in arms])]
    if arms:
        shown = groups.value_range(drawn, study)
        for column, arm in zip(st.columns(len(arms)), arms, strict=True):
            with column:
                mine, place = weeks[weeks["arm"] == arm.id], study.arms.index(arm)
                st.subheader(study.in_language(arm.name, "en"))
                st.altair_chart(groups.arm_course(mine, arm, study, place, unit, shown), width="stretch")
    for arm in study.arms:
        if arm not in arms:
            st.caption(f"{study.in_language(arm.name, 'en')}: no week can be shown.")
    with st.expander("As a table"):
        st.dataframe(weeks, hide_index=True)


def show_changes(found: Report, study: Study, unit: str) -> None:
    """The changes of all arms and phases, and the same as a table."""
    changes = groups.frame(found.changes)
    if changes["estimate"].isna().all():
        st.info(f"No arm has five people with data both of baseline and of a later phase yet. {HIDDEN}")
    else:
        st.altair_chart(groups.changes(changes, study, unit), width="stretch")
    with st.expander("As a table", key="changes"):
        st.dataframe(changes, hide_index=True)
    st.caption(claims(changes))


def claims(changes: pd.DataFrame) -> str:
    """What the numbers may be called."""
    words = (
        "People often join when they feel worst and would improve somewhat anyway (regression to the mean): "
        "a change is an effect only where chance decided who was in the phase."
    )
    effects = changes[(changes["claim"] == Claim.EFFECT.value) & changes["estimate"].notna()]
    if effects.empty:
        return f"{words} No phase of this study was randomised, so these are changes, not effects."
    return f"{words} Randomised here: {', '.join(dict.fromkeys(effects['phase']))}."


st.title("Interventions")
data = chosen()
study = data.study()
if study is None:
    say_empty()
    st.stop()
outcome = st.selectbox("Outcome", data.outcomes(), format_func=lambda one: one.title, key="outcome")
entry = data.entry(outcome)
found, at = report(data, study.id, outcome)
if not found.weeks:
    st.info(f"There are too few answers for a value of {outcome.title.lower()} yet.")
    st.stop()
st.caption(
    f"Each point is the mean over people of {measured(outcome, entry.formula)}, in {entry.unit}. "
    "Week 1 begins on a person's first day, and people stay in the arm in which they enrolled. Bars are 95 % "
    "intervals (bootstrap over people from 20 people on, Student's t below); the number below a point is how "
    f"many people are behind it. {HIDDEN} Computed {at:%d %b %Y %H:%M} UTC; `wellstream report` gives the "
    "same numbers."
)
with st.expander("About this outcome"):
    st.write(entry.help)
show_weeks(found, study, entry.unit)
st.header("Change from baseline in each phase")
show_changes(found, study, entry.unit)
