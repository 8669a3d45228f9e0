"""How the arms compare: contrasts of all outcomes, then weekly means and changes of one."""

import pandas as pd
import streamlit as st

from dashboard.charts import contrasts, groups
from dashboard.connection import chosen, report, say_empty, weeks
from schemas.base import CheckIns
from schemas.study import Study
from streams.statistics import wording
from streams.statistics.claims import CHANGE
from streams.statistics.report import Report, StudyReport
from streams.store.queries import Outcome, StudyData, Wanted

HIDDEN = "Groups of fewer than five people are hidden, and so is any figure that would reveal them."
CHECKINS = {
    CheckIns.BOTH: "All",
    CheckIns.PROMPTED: "Prompted",
    CheckIns.OWN_INITIATIVE: "On people's own initiative",
}


def choose(study: Study) -> Wanted:
    """The reader's choices: the reference arm, where there is one to choose, and the check-ins."""
    left, right = st.columns(2)
    checkins = right.selectbox(
        "Check-ins", list(CHECKINS), format_func=lambda one: CHECKINS[one], key="checkins"
    )
    arms = list(study.arms)
    if len(arms) < 2:
        return Wanted(checkins)
    reference = left.selectbox(
        "Reference arm",
        arms,
        index=arms.index(study.reference),
        format_func=lambda arm: study.in_language(arm.name, "en"),
        key="reference",
    )
    return Wanted(checkins, reference.id)


def show_contrasts(found: StudyReport, study: Study, outcomes: list[Outcome]) -> None:
    """A chart for each kind of phase, the same as a table, and what the numbers may be called."""
    nothing = wording.nothing_compared(found.plan)
    if nothing:
        st.info(nothing)
        return
    rows = contrasts.contrast_frame(found, study, outcomes)
    if rows["estimate"].isna().all():
        st.info(f"No two arms have five people with data both of baseline and of a later phase yet. {HIDDEN}")
    else:
        kinds = [kind for kind, own in rows.groupby("phase", sort=False) if own["estimate"].notna().any()]
        for column, kind in zip(st.columns(len(kinds)), kinds, strict=True):
            own = rows[rows["phase"] == kind]
            with column:
                st.subheader(heading(own, study))
                st.altair_chart(contrasts.forest(own, study), width="stretch")
    st.caption(
        f"{wording.what_is_compared(found.plan)} Dots are differences with 95 % intervals, as a share of the "
        "range that the outcome can take, since units differ; the table has them in their own units. "
        f"{HIDDEN}"
    )
    with st.expander("As a table", key="contrasts"):
        of = [found.of(one.name) for one in outcomes]
        st.dataframe(
            groups.frame({"outcome": one.outcome, **row} for one in of for row in one.table(one.contrasts)),
            hide_index=True,
        )
        st.caption(
            "`mixed_` columns: the same difference in the mixed model of the two arms, as a second opinion."
        )
    st.caption(wording.adjusted_over(found.contrast_family))


def heading(rows: pd.DataFrame, study: Study) -> str:
    """What the contrasts of one kind of phase may be called, and what they compare."""
    claims = [str(claim) for claim in dict.fromkeys(rows["claim"])]
    arms = [study.arm(str(arm)) for arm in dict.fromkeys(rows["arm"])]
    if len(arms) > 1 or len(claims) > 1 or arms[0] is None:
        return str(rows["phase"].iloc[0]).capitalize()
    name, words = study.in_language(arms[0].name, "en"), claims[0].capitalize()
    joined = f"{words} {name}" if claims[0].endswith("of") else f"{words}, {name}"
    return f"{joined}: {rows['phase'].iloc[0]}"


def measured(outcome: Outcome, formula: str) -> str:
    """What one person contributes to a week."""
    if outcome.measure:
        return "the mean of a person's check-ins in that study week"
    return f"a person's 7-day value at the last check-in of that study week ({formula})"


def show_weeks(found: Report, study: Study, unit: str) -> None:
    """A chart for each arm, and the same as a table."""
    table = groups.frame(found.table(found.weeks))
    if table["mean"].isna().all():
        st.info(f"No week has five people in an arm yet. {HIDDEN}")
        return
    arms = [arm for arm in study.arms if table.loc[table["arm"] == arm.id, "mean"].notna().any()]
    drawn = table[table["arm"].isin([arm.id for arm in arms])]
    if arms:
        shown = groups.value_range(drawn, study)
        for column, arm in zip(st.columns(len(arms)), arms, strict=True):
            with column:
                mine, place = table[table["arm"] == arm.id], study.arms.index(arm)
                st.subheader(study.in_language(arm.name, "en"))
                st.altair_chart(groups.arm_course(mine, arm, study, place, unit, shown), width="stretch")
    for arm in study.arms:
        if arm not in arms:
            st.caption(f"{study.in_language(arm.name, 'en')}: no week can be shown.")
    with st.expander("As a table"):
        st.dataframe(table, hide_index=True)


def show_changes(found: Report, study: Study, unit: str) -> None:
    """The changes of all arms and phases, and the same as a table."""
    changes = groups.frame(found.table(found.changes))
    if changes["estimate"].isna().all():
        st.info(f"No arm has five people with data both of baseline and of a later phase yet. {HIDDEN}")
    else:
        st.altair_chart(groups.changes(changes, study, unit), width="stretch")
    with st.expander("As a table", key="changes"):
        st.dataframe(changes, hide_index=True)


def show_outcome(data: StudyData, study: Study, wanted: Wanted, found: StudyReport) -> None:
    """Weekly means and changes of one outcome."""
    outcome = st.selectbox("Outcome", data.outcomes(), format_func=lambda one: one.title, key="outcome")
    entry = data.entry(outcome)
    weekly = weeks(data, study.id, wanted, outcome)
    if not weekly.weeks:
        st.info(f"There are too few answers for a value of {outcome.title.lower()} yet.")
        return
    st.caption(
        f"Each point is the mean over people of {measured(outcome, entry.formula)}, in {entry.unit}. "
        "Week 1 begins on a person's first day, and people stay in the arm in which they enrolled. Bars are "
        "95 % intervals; the number below a point is how many people are behind it."
    )
    with st.expander("About this outcome"):
        st.write(entry.help)
    show_weeks(weekly, study, entry.unit)
    st.header(f"{CHANGE.capitalize()} each phase")
    show_changes(found.of(outcome.name), study, entry.unit)
    st.caption(f"{wording.REGRESSION} {wording.adjusted_over(found.change_family)}")


st.title("Interventions")
data = chosen()
study = data.study()
if study is None:
    say_empty()
    st.stop()
wanted = choose(study)
found, at = report(data, study.id, wanted)
st.header("Change from baseline, compared between arms")
show_contrasts(found, study, data.outcomes())
for sentence in wording.left_out(found.outcomes):
    st.caption(sentence)
st.caption(wording.MISSING)
st.caption(f"Computed {at:%d %b %Y %H:%M} UTC; `wellstream report` gives the same numbers.")
st.header("One outcome over the study weeks")
show_outcome(data, study, wanted, found)
