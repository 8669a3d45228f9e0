"""The page's connection to the store, and what to show when there is nothing, or trouble, to show."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from schemas.settings import MissingSetting, Settings
from streams.store.client import NotAllowed, Reader, StoreUnavailable
from streams.store.queries import Data

_P = ParamSpec("_P")


@st.cache_resource
def data() -> Data:
    """The store's data, through one reader for all sessions.

    Raises:
        MissingSetting: There is no token for the store.
    """
    settings = Settings()
    return Data(Reader(settings.store_uri, settings.secret("store_token")))


def chosen() -> Data:
    """The data of the study that was chosen in the sidebar, which is there where there are several."""
    everything = data()
    studies = everything.studies()
    if len(studies) < 2:
        return everything
    return everything.of_study(st.sidebar.selectbox("Study", studies, key="study"))


def in_words(show: Callable[_P, None]) -> Callable[_P, None]:
    """Show something; trouble with the store becomes a sentence that says what to do."""

    @wraps(show)
    def shown(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            show(*args, **kwargs)
        except StoreUnavailable as away:
            st.warning(f"{_sentence(away)} Reload this page when the store is back.")
        except NotAllowed:
            st.error(
                "The store refused the question. Is WELLSTREAM_STORE_TOKEN here the token that the store has?"
            )
        except MissingSetting as missing:
            st.error(f"{_sentence(missing)}, the same as the store's; then start the dashboard again.")

    return shown


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]


def say_empty() -> None:
    """Tell what to do when no check-in has come yet."""
    st.info(
        "There are no check-ins yet. To see how this looks, run `wellstream demo`. For a study of your own, "
        "enrol people with `wellstream participant add`; their first check-in appears here within seconds."
    )
