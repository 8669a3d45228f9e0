"""One participant over time."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard import charts
from dashboard.connection import data, say_empty
from dashboard.queries import CHOICES
from schemas.study import Arm, Study
from schemas.words import Measure


def phase_dates(arm: Arm, study: Study, start: pd.Timestamp) -> pd.DataFrame:
    """An arm's phases on the calendar of somebody who began on `start`."""
    weeks = charts.phase_frame(arm, study)
    for name in ("start", "end"):
        weeks[name] = [start + timedelta(days=(week - 0.5) * 7) for week in weeks[name]]
    return weeks


st.title("Participant")
people = data().participants()
study = data().study()
if not people or study is None:
    say_empty()
    st.stop()
wanted = st.query_params.get("participant")
left, right = st.columns(2)
who = left.selectbox("Pseudonym", people, index=people.index(wanted) if wanted in people else 0)
choice = right.selectbox("Indicator", CHOICES, format_func=lambda one: one.title)
st.query_params["participant"] = who

person = data().person(who)
arm = study.arm(person["arm"])
quiet = person["quiet_days"]
columns = st.columns(3)
columns[0].metric("Arm", study.in_language(arm.name, "en") if arm else person["arm"])
columns[1].metric("Check-ins", int(person["checkins"]))
columns[2].metric("Began", pd.Timestamp(person["start_date"]).strftime("%d %b %Y"))
if pd.isna(quiet):
    st.info("This person has not checked in yet.")
    st.stop()
if quiet >= 1:
    st.info(
        f"No data for {int(quiet)} day{'s' if quiet > 1 else ''}: what follows is not how this person is now."
    )

course = charts.broken_at_gaps(data().course(who, choice))
items = [item.id for item in study.items_of(Measure(choice.scale))] if choice.scale else []
answers = data().answers(who, items) if choice.indicator == "mean" and items else pd.DataFrame()
if course.empty:
    st.info(f"There are too few answers for a value of {choice.title.lower()} yet.")
elif arm:
    phases = phase_dates(arm, study, pd.Timestamp(person["start_date"], tz="UTC"))
    st.altair_chart(charts.person_course(course, answers, phases, choice.unit), width="stretch")
    st.caption(
        f"Line: {choice.formula}, at each check-in; it breaks where nothing came for more than two days. "
        "Dots: single answers."
    )
    with st.expander("As a table"):
        st.dataframe(course.drop(columns="stretch"), hide_index=True)
