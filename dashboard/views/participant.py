"""One participant over time."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard import charts
from dashboard.connection import chosen, say_empty
from schemas.study import Arm, Study


def phase_dates(arm: Arm, study: Study, start: pd.Timestamp) -> pd.DataFrame:
    """An arm's phases on the calendar of somebody who began on `start`."""
    weeks = charts.phase_frame(arm, study)
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
choice = right.selectbox("Indicator", data.choices(), format_func=lambda one: one.title)
st.query_params["participant"] = who

person = data.person(who)
arm = study.arm(person["arm"])
quiet = person["days_since_checkin"]
columns = st.columns(3)
columns[0].metric("Arm", study.in_language(arm.name, "en") if arm else person["arm"])
columns[1].metric("Check-ins", int(person["checkins"]))
columns[2].metric("Began", pd.Timestamp(person["start_date"]).strftime("%d %b %Y"))
if person["moved_arm"]:
    st.info(f"This person moved here from the arm {person['first_arm']}.")
if pd.isna(quiet):
    st.info("This person has not checked in yet.")
    st.stop()
if quiet >= 1:
    st.info(
        f"No data for {int(quiet)} day{'s' if quiet > 1 else ''}: what follows is not how this person is now."
    )

entry = data.entry(choice)
values = data.course(who, choice)
course = charts.broken_at_gaps(values)
answers = data.answers(who, choice.measure) if choice.measure else pd.DataFrame()
if course.empty:
    st.info(f"There are too few answers for a value of {choice.title.lower()} yet.")
elif arm:
    phases = phase_dates(arm, study, pd.Timestamp(person["start_date"]))
    st.altair_chart(charts.person_course(course, answers, phases, entry.unit), width="stretch")
    st.caption(
        f"Line: the last 7 days at each check-in ({entry.formula}); it breaks where nothing came for more "
        f"than two days. Dots: single answers. Local time in {person['zone']}. "
        + charts.person_course_in_words(course)
    )
    notes = sorted({note for text in values["notes"].dropna() for note in str(text).split(",")})
    for note in notes:
        st.caption(charts.NOTES[note])
    with st.expander("What this indicator is"):
        st.write(entry.help)
    with st.expander("As a table"):
        st.dataframe(course.drop(columns="stretch"), hide_index=True)

prompts = data.prompts(who)
if len(prompts):
    st.subheader("Prompts")
    st.altair_chart(charts.compliance_strip(prompts), width="stretch")
    st.caption(charts.compliance_in_words(prompts))

alerts = data.alerts(who)
if len(alerts):
    st.subheader("Chart alerts, for staff")
    st.table(
        alerts.assign(
            raised=alerts["raised_at"].dt.strftime("%d %b %Y %H:%M UTC"),
            superseded=alerts["superseded_at"].dt.strftime("%d %b %Y %H:%M UTC").fillna("holds"),
        )[["day", "chart", "value", "raised", "superseded"]].set_index("day")
    )
    st.caption(
        "Days on which a control chart went beyond its bounds against this person's own baseline. With many "
        "people some are false every day; an alert stays as it was raised, and says if later data ended it."
    )
