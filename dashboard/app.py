"""The dashboard's frame: navigation, and one place where trouble with the store becomes a sentence."""

from pathlib import Path

import streamlit as st

from dashboard.reader import NotAllowed, StoreUnavailable

_PAGES = Path(__file__).parent / "pages"

st.set_page_config(page_title="wellstream", layout="wide")
page = st.navigation(
    [
        st.Page(_PAGES / "overview.py", title="Overview", default=True),
        st.Page(_PAGES / "interventions.py", title="Interventions"),
        st.Page(_PAGES / "participant.py", title="Participant"),
        st.Page(_PAGES / "operations.py", title="Operations"),
    ],
    position="top",
)
try:
    page.run()
except StoreUnavailable as away:
    st.warning(
        f"{str(away).capitalize()} This page shows the data again when the store is back: reload it then."
    )
except NotAllowed:
    st.error("The store refused the question. Is WELLSTREAM_STORE_TOKEN the token that the store has?")
