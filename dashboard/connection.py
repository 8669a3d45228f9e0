"""The page's connection to the store, and what to show when there is nothing to show."""

import streamlit as st

from dashboard.queries import Data
from dashboard.reader import Reader
from schemas.settings import Settings


@st.cache_resource
def data() -> Data:
    """The store's data, through one reader for all sessions."""
    settings = Settings()
    return Data(Reader(settings.store_uri, settings.secret("store_token")))


def say_empty() -> None:
    """Tell what to do when no check-in has come yet."""
    st.info(
        "There are no check-ins yet. To see how this looks, run `wellstream demo`. For a study of your own, "
        "enrol people with `wellstream participant add`; their first check-in appears here within seconds."
    )
