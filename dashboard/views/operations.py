"""Is the pipeline well: what was accepted, stored and put aside."""

import pandas as pd
import streamlit as st

from dashboard.connection import data, in_words

REASONS = {
    "unreadable": "The record is not an event: something else writes to the topic.",
    "unknown_type": "An event of a newer release. Upgrade, then replay.",
    "unknown_version": "An event of a newer release. Upgrade, then replay.",
    "unknown_field": "An event of a newer release. Upgrade, then replay.",
    "invalid": "An event with a field that cannot be as it is.",
    "unknown_study": "The study was not announced here. Start the gateway with it, then replay.",
    "unknown_item": "The text names something that is no item. The person was told which there are.",
    "out_of_range": "A number outside its scale; nothing is clamped. The person was asked again.",
    "ambiguous": "The text could mean more than one thing; nothing is guessed. The person was asked again.",
    "not_understood": "The text is no answer. The person was told how to answer.",
    "key_destroyed": "The participant's key is gone: the words stay sealed for ever.",
    "wrong_key": "The text was sealed with another key: is this another vault?",
    "unexpected": "A fault of wellstream's: the worker's log says where. Report it, then replay.",
}


@st.fragment(run_every="5s")
@in_words
def reconciliation() -> None:
    """Accepted = stored + quarantined + on the way, fresh every five seconds."""
    found = data().reconciliation()
    on_the_way = found["accepted"] - found["stored"] - found["quarantined"]
    for column, (name, count) in zip(
        st.columns(4), [*found.items(), ("on the way", on_the_way)], strict=True
    ):
        column.metric(name.capitalize(), f"{count:,}")
    st.caption(
        "Accepted: texts and forms that were acknowledged. Stored: those that are check-ins now, or "
        "commands such as HELP. Quarantined: those among the dead letters, with a reason. On the way should "
        "fall to 0 within seconds; `wellstream check` compares with Kafka itself."
    )


def in_plain_words(letters: pd.DataFrame) -> pd.DataFrame:
    """The dead letters with what each reason means and what to do."""
    return pd.DataFrame(
        {
            "letters": letters["letters"],
            "reason": letters["reason"].str.replace("_", " "),
            "newest (UTC)": letters["newest"].dt.strftime("%d %b %Y %H:%M"),
            "what it means": [REASONS.get(reason, "") for reason in letters["reason"]],
        }
    )


@st.fragment(run_every="15s")
@in_words
def calls_for_attention() -> None:
    """Who texted a word of crisis and whom nobody has looked at yet, fresh every fifteen seconds."""
    calls = data().calls_for_attention()
    if calls.empty:
        return
    people = calls["participant"].nunique()
    st.error(
        f"{people} {'person' if people == 1 else 'people'} texted a word of crisis; nobody has looked yet. "
        "They got the study's notice at once, and their prompts are paused. It is no measure of risk. Follow "
        "the study's safety plan; then `wellstream participant resume PSEUDONYM` lets prompts go on."
    )
    shown = calls.assign(when=calls["occurred_at"].dt.strftime("%d %b %Y %H:%M"))
    named = {"when": "when (UTC)", "rule": "word, by language and place in the study's list"}
    st.table(shown[["participant", "when", "rule"]].rename(columns=named).set_index("participant"))


st.title("Operations")
calls_for_attention()
reconciliation()
st.subheader("Prompts and texts of the last seven days")
prompts, texts = data().prompts_lately(), data().texts_lately()
if prompts.empty:
    st.info("No prompt was due.")
else:
    st.table(prompts.set_index("status"))
    st.caption(
        "Discarded: its time passed while something was away, or fell into quiet hours; never sent late. "
        "Cancelled: contact stopped, prompts paused, or the person travelled. Failed: the provider refused."
    )
if not texts.empty:
    st.table(texts.set_index("provider"))
    st.caption(
        "Unknown: the provider gave no answer, and it was not sent again. Withheld: it might not be sent any "
        "more at that moment, and the code says why. A segment is one SMS."
    )
st.subheader("Dead letters")
letters = data().letters()
if letters.empty:
    st.success("None: everything could be read and used.")
else:
    st.table(in_plain_words(letters).set_index("letters"))
    st.caption(
        "None of them is lost. `wellstream dead-letters list` shows where each came from, "
        "`wellstream dead-letters replay` sends them again once what was wrong is mended."
    )
st.subheader("Live values and a replay")
drift = data().drift()
if drift is None:
    st.info("Not compared yet: the store's batch does it every hour.")
elif drift["different"]:
    st.error(
        f"{drift['different']:,} of {drift['compared']:,} live values of {drift['participants']} people are "
        f"not those of a replay ({drift['checked_at']:%d %b %Y %H:%M} UTC). If this stays for an hour, run "
        "`wellstream rebuild` and report it."
    )
else:
    st.success(
        f"All {drift['compared']:,} live values of {drift['participants']} people are those of a replay "
        f"({drift['checked_at']:%d %b %Y %H:%M} UTC)."
    )
st.subheader("Records stored, by topic")
st.table(data().progress().set_index("topic"))
