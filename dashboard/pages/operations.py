"""Is the pipeline well: what was accepted, stored and put aside."""

import streamlit as st

from dashboard.connection import data
from dashboard.reader import StoreUnavailable


@st.fragment(run_every="5s")
def reconciliation() -> None:
    """Accepted = stored + quarantined + on the way, fresh every five seconds."""
    try:
        found = data().reconciliation()
    except StoreUnavailable as away:
        st.warning(str(away))
        return
    on_the_way = found["accepted"] - found["stored"] - found["quarantined"]
    for column, (name, count) in zip(
        st.columns(4), [*found.items(), ("on the way", on_the_way)], strict=True
    ):
        column.metric(name.capitalize(), f"{count:,}")
    st.caption(
        "Accepted: texts and forms that were acknowledged. Stored: those that are check-ins now. "
        "Quarantined: those among the dead letters, with a reason. On the way should fall "
        "to 0 within seconds; `wellstream check` compares with Kafka itself."
    )


st.title("Operations")
reconciliation()
st.subheader("Dead letters")
letters = data().letters()
if letters.empty:
    st.success("None: everything could be read and used.")
else:
    st.dataframe(letters, hide_index=True, width="stretch")
    st.caption("`wellstream dead-letters list` shows where each came from. None of them is lost.")
st.subheader("Records stored, by topic")
st.dataframe(data().progress(), hide_index=True, width="stretch")
