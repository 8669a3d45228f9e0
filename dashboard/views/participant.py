"""One participant over time."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard.charts import person as person_charts
from dashboard.charts.phases import phase_frame
from dashboard.connection import chosen, say_empty
from schemas.study import Arm, Study


def phase_dates(arm: Arm, study: Study, start: pd.Timestamp) -> pd.DataFrame:
    """An arm's phases on the calendar of somebody who began on `start`."""
    weeks = phase_frame(arm, study)
    for name in ("start", "end"):
        weeks[name] = [start + timedelta(days=(week - 0.5) * 7) for week in weeks[name]]
    return weeks


st.title("Participant")
data = chosen()
people = data.participants()
study = data.study()
if not people or study is None:
    say_empty()
    st.stop()
wanted = st.query_params.get("participant")
left, right = st.columns(2)
who = left.selectbox("Pseudonym", people, index=people.index(wanted) if wanted in people else 0)
outcome = right.selectbox("Outcome", data.outcomes(), format_func=lambda one: one.title)
st.query_params["participant"] = who

person = data.person(who)
arm = study.arm(person["arm"])
quiet = person["days_since_checkin"]
columns = st.columns(3)
columns[0].metric("Arm", study.in_language(arm.name, "en") if arm else person["arm"])
columns[1].metric("Check-ins", int(person["checkins"]))
columns[2].metric("Began", pd.Timestamp(person["start_date"]).strftime("%d %b %Y"))
if person["moved_arm"]:
    st.info(f"This person enrolled in the arm {person['first_arm']} and moved to this one.")
if pd.isna(quiet):
    st.info("This person has not checked in yet.")
    st.stop()
if quiet >= 1:
    st.info(
        f"No data for {int(quiet)} day{'s' if quiet > 1 else ''}: what follows does not show how this person "
        "is now."
    )

entry = data.entry(outcome)
values = data.course(who, outcome)
course = person_charts.broken_at_gaps(values)
answers = data.answers(who, outcome.measure) if outcome.measure else pd.DataFrame()
if course.empty:
    st.info(f"There are too few answers for a value of {outcome.title.lower()} yet.")
elif arm:
    phases = phase_dates(arm, study, pd.Timestamp(person["start_date"]))
    st.altair_chart(person_charts.person_course(course, answers, phases, entry.unit), width="stretch")
    st.caption(
        f"Line: the 7 days up to each check-in ({entry.formula}); it breaks after more than two days without "
        f"data. Dots: single answers. Local time in {person['zone']}. "
        + person_charts.person_course_description(course)
    )
    notes = sorted({note for text in values["notes"].dropna() for note in str(text).split(",")})
    for note in notes:
        st.caption(person_charts.NOTES[note])
    with st.expander("About this outcome"):
        st.write(entry.help)
    with st.expander("As a table"):
        st.dataframe(course.drop(columns="stretch"), hide_index=True)

prompts = data.prompts(who)
if len(prompts):
    st.subheader("Prompts")
    st.altair_chart(person_charts.compliance_strip(prompts), width="stretch")
    st.caption(person_charts.compliance_description(prompts))

alerts = data.alerts(who)
if len(alerts):
    st.subheader("Chart alerts, for staff")
    st.table(
        alerts.assign(
            raised=alerts["raised_at"].dt.strftime("%d %b %Y %H:%M UTC"),
            superseded=alerts["superseded_at"].dt.strftime("%d %b %Y %H:%M UTC").fillna("no"),
        )[["day", "chart", "value", "raised", "superseded"]].set_index("day")
    )
    st.caption(
        "Days on which a control chart left its limits against this person's own baseline. With many people "
        "some alerts are false every day. An alert is kept as raised, and marked if later data supersede it."
    )
