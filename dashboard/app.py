"""The dashboard's frame: navigation, and one place where trouble with the store becomes a sentence."""

from pathlib import Path

import streamlit as st

from dashboard.connection import in_words

# Not "pages": Streamlit would serve files of a folder of that name by themselves, without this frame.
_PAGES = Path(__file__).parent / "views"
# Streamlit leaves a hand's breadth empty above each page, which on a telephone is a third of what one sees.
_LESS_EMPTY = "<style>.stMainBlockContainer { padding-top: 4rem; padding-bottom: 3rem; }</style>"

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
st.html(_LESS_EMPTY)
in_words(page.run)()
