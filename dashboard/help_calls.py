"""Calls for help, on top of the pages that staff look at first."""

import streamlit as st

from dashboard import connection
from dashboard.connection import explain_trouble


@st.fragment(run_every="15s")
@explain_trouble
def open_calls() -> None:
    """Who called for help and has not been attended to, fresh every fifteen seconds."""
    calls = connection.operations().open_calls()
    if calls.empty:
        return
    people = calls["participant"].nunique()
    one = people == 1
    lines = [
        f"- [{call.participant}](participant?participant={call.participant}), "
        f"{call.occurred_at:%d %b %Y %H:%M} UTC, call `{call.alert[:8]}`"
        for call in calls.itertuples()
    ]
    st.error(
        f"**{people} {'participant calls' if one else 'participants call'} for help. Nobody has attended to "
        f"{'this call' if len(calls) == 1 else 'these calls'} yet.**\n\n" + "\n".join(lines) + "\n\n"
        "They were told at once whom to call, and their prompts are paused. It is no measure of risk: "
        "follow the study's safety plan. `wellstream participant reveal` shows the number; then record what "
        "was done with `wellstream alert close CALL --by NAME --did TEXT`."
    )


@explain_trouble
def attended_calls() -> None:
    """Who attended to the calls of the last thirty days, and what they did; nothing if there were none."""
    calls = connection.operations().attended_calls()
    if calls.empty:
        return
    st.subheader("Calls for help that were attended to, last thirty days")
    shown = calls.assign(
        called=calls["occurred_at"].dt.strftime("%d %b %Y %H:%M"),
        attended=calls["attended_at"].dt.strftime("%d %b %Y %H:%M"),
    )
    named = {
        "called": "called (UTC)",
        "attended": "attended to (UTC)",
        "attended_by": "by",
        "did": "what was done",
    }
    st.table(shown[["participant", *named]].rename(columns=named).set_index("participant"))
