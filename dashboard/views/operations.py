"""The state of the pipeline: what was accepted, stored and quarantined."""

import pandas as pd
import streamlit as st

from dashboard.connection import explain_trouble, operations
from dashboard.help_calls import attended_calls, open_calls

REASONS = {
    "unreadable": "The record is not an event: something else writes to the topic.",
    "unknown_type": "An event of a newer release. Upgrade, then replay.",
    "unknown_version": "An event of a newer release. Upgrade, then replay.",
    "unknown_field": "An event of a newer release. Upgrade, then replay.",
    "invalid": "An event with an impossible value in a field.",
    "unknown_study": "The study is not known here. Start the gateway with it, then replay.",
    "unknown_item": "The text names no item of the study. The participant was sent the list of items.",
    "out_of_range": "A number outside its scale; nothing is clamped. The participant was asked again.",
    "ambiguous": "The text has more than one meaning; nothing is guessed. The participant was asked again.",
    "not_understood": "The text is not an answer. The participant was sent help.",
    "key_destroyed": "The participant's key was destroyed: the text can never be decrypted.",
    "wrong_key": "The text was encrypted with another key: check that this is the right vault.",
    "unexpected": "A fault in wellstream; see the worker's log. Report it, then replay.",
}


@st.fragment(run_every="5s")
@explain_trouble
def reconciliation() -> None:
    """Accepted = stored + quarantined + in transit, fresh every five seconds."""
    found = operations().reconciliation()
    in_transit = found["accepted"] - found["stored"] - found["quarantined"]
    for column, (name, count) in zip(
        st.columns(4), [*found.items(), ("in transit", in_transit)], strict=True
    ):
        column.metric(name.capitalize(), f"{count:,}")
    st.caption(
        "Accepted: texts and forms that were acknowledged. Stored: those that became check-ins or commands "
        "such as HELP. Quarantined: those among the dead letters, with a reason. In transit should fall to 0 "
        "within seconds; `wellstream check` compares with Kafka itself."
    )


def explained(letters: pd.DataFrame) -> pd.DataFrame:
    """The dead letters with what each reason means and what to do."""
    return pd.DataFrame(
        {
            "dead letters": letters["dead_letters"],
            "reason": letters["reason"].str.replace("_", " "),
            "newest (UTC)": letters["newest"].dt.strftime("%d %b %Y %H:%M"),
            "what it means": [REASONS.get(reason, "") for reason in letters["reason"]],
        }
    )


st.title("Operations")
open_calls()
reconciliation()
attended_calls()
st.subheader("Prompts and texts of the last seven days")
prompts, texts = operations().recent_prompts(), operations().recent_texts()
if prompts.empty:
    st.info("No prompt was due.")
else:
    st.table(prompts.set_index("status"))
    st.caption(
        "Discarded: its time passed during an outage or fell into quiet hours; prompts are never sent late. "
        "Cancelled: the participant opted out or travelled, or prompts were paused. Failed: the provider "
        "refused."
    )
if not texts.empty:
    st.table(texts.set_index("provider"))
    st.caption(
        "Unknown: the provider did not answer, and the text was not sent again. Withheld: the text was no "
        "longer allowed at that moment; the code says why. A segment is one SMS."
    )
st.subheader("Dead letters")
letters = operations().dead_letters()
if letters.empty:
    st.success("None: everything could be read and used.")
else:
    st.table(explained(letters).set_index("dead letters"))
    st.caption(
        "None of them is lost. `wellstream dead-letters list` shows where each came from; once the cause is "
        "fixed, `wellstream dead-letters replay` sends them again."
    )
st.subheader("Live indicators compared with a replay")
drift = operations().drift()
if drift is None:
    st.info("Not compared yet: the store's hourly batch does this.")
elif drift["different"]:
    st.error(
        f"{drift['different']:,} of {drift['compared']:,} live values of {drift['participants']} people "
        f"differ from a replay ({drift['checked_at']:%d %b %Y %H:%M} UTC). If this persists for an hour, run "
        "`wellstream rebuild` and report it."
    )
else:
    st.success(
        f"All {drift['compared']:,} live values of {drift['participants']} people agree with a replay "
        f"({drift['checked_at']:%d %b %Y %H:%M} UTC)."
    )
st.subheader("Records stored, by topic")
st.table(operations().records_stored().set_index("topic"))
