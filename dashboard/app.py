"""The dashboard's frame: who is there, navigation, and where the store's failure is explained."""

from pathlib import Path

import streamlit as st

from dashboard.connection import explain_trouble
from dashboard.sign_in.entrance import entrance

# Not "pages": Streamlit would serve the files of a folder of that name on their own, without this frame.
_PAGES = Path(__file__).parent / "views"
# Streamlit's padding above a page takes a third of a phone's screen.
_LESS_PADDING = "<style>.stMainBlockContainer { padding-top: 4rem; padding-bottom: 3rem; }</style>"

st.set_page_config(page_title="wellstream", layout="wide")

# The door lets no stranger come this far; this is for whoever starts Streamlit without it.
cookies = st.context.cookies
if not entrance().may_look(cookies):
    st.error("Nobody is signed in. Start the dashboard with `wellstream serve dashboard`, and sign in there.")
    st.stop()


def sign_out() -> None:
    """End the session; the door then sends the browser to the sign-in page."""
    entrance().sessions.end(entrance().token(cookies))
    st.info("You are signed out.")


pages = [
    st.Page(_PAGES / "overview.py", title="Overview", default=True),
    st.Page(_PAGES / "interventions.py", title="Interventions"),
    st.Page(_PAGES / "participant.py", title="Participant"),
    st.Page(_PAGES / "operations.py", title="Operations"),
]
visitor = entrance().visitor(cookies)
own = {visitor.name: [st.Page(sign_out, title="Sign out", url_path="sign-out")]} if visitor else {}
page = st.navigation({"": pages, **own}, position="top")
st.html(_LESS_PADDING)
explain_trouble(page.run)()
