"""The pages' connection to the store, and what they show when it is empty or does not answer."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import ParamSpec

import streamlit as st

from schemas.clock import now
from schemas.settings import MissingSetting, Settings
from streams.statistics.report import Report, StudyReport
from streams.store.client import NotAllowed, Reader, StoreUnavailable, UnknownToken
from streams.store.queries import Operations, Outcome, StudyData, Wanted

_P = ParamSpec("_P")
REPORT_SECONDS = 60


@st.cache_resource
def _reader() -> Reader:
    settings = Settings()
    return Reader(settings.store_uri, settings.secret("store_token"))


def data() -> StudyData:
    """The store's data, through one reader for all sessions.

    Raises:
        MissingSetting: There is no token for the store.
    """
    return StudyData(_reader())


def operations() -> Operations:
    """The state of the pipeline, through the same reader.

    Raises:
        MissingSetting: There is no token for the store.
    """
    return Operations(_reader())


def chosen() -> StudyData:
    """The data of the study chosen in the sidebar, which offers a choice if there are several."""
    everything = data()
    studies = everything.studies()
    if len(studies) < 2:
        return everything
    return everything.of_study(st.sidebar.selectbox("Study", studies, key="study"))


@st.cache_data(ttl=REPORT_SECONDS, show_spinner="Computing")
def report(_data: StudyData, study: str, wanted: Wanted) -> tuple[StudyReport, datetime]:
    """Contrasts and changes of a study, and when they were computed; the same for all sessions for a minute.

    Args:
        _data: The study's data; Streamlit leaves it out of the cache's key.
        study: The study's id, which stands for it there.
        wanted: What the reader chose.
    """
    return _data.report(wanted), now()


@st.cache_data(ttl=REPORT_SECONDS, show_spinner="Computing")
def weeks(_data: StudyData, study: str, wanted: Wanted, outcome: Outcome) -> Report:
    """The weekly means of an outcome; the same for all sessions for a minute.

    Args:
        _data: The study's data; Streamlit leaves it out of the cache's key.
        study: The study's id, which stands for it there.
        wanted: What the reader chose.
        outcome: What is reported.
    """
    return _data.weeks(outcome, wanted)


def explain_trouble(show: Callable[_P, None]) -> Callable[_P, None]:
    """Show something; if the store cannot answer, show a sentence that says what to do instead."""

    @wraps(show)
    def shown(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            show(*args, **kwargs)
        except StoreUnavailable as away:
            st.warning(f"{_sentence(away)} Reload this page when the store is back.")
        except UnknownToken:
            st.error(
                "The store refused the query. Check that WELLSTREAM_STORE_TOKEN here is the store's token."
            )
        except NotAllowed as refused:
            st.error(f"The store could not answer: {refused}.")
        except MissingSetting as missing:
            st.error(f"{_sentence(missing)}, the same as in the store; then restart the dashboard.")

    return shown


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]


def say_empty() -> None:
    """What to do when there are no check-ins yet."""
    st.info(
        "There are no check-ins yet. To see how this looks, run `wellstream demo`. For your own study, enrol "
        "people with `wellstream participant add`; their first check-in appears under Participant within "
        "seconds."
    )
