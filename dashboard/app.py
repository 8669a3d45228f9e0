"""The dashboard's frame: navigation, and the one place where a failure of the store is explained."""

from pathlib import Path

import streamlit as st

from dashboard.connection import explain_trouble

# Not "pages": Streamlit would serve the files of a folder of that name on their own, without this frame.
_PAGES = Path(__file__).parent / "views"
# Streamlit's padding above a page takes a third of a phone's screen.
_LESS_PADDING = "<style>.stMainBlockContainer { padding-top: 4rem; padding-bottom: 3rem; }</style>"

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
st.html(_LESS_PADDING)
explain_trouble(page.run)()
