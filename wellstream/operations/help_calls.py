"""Calls for help: those that are open, and recording who attended to one."""

from uuid import UUID

import pandas as pd

from schemas.settings import Settings
from streams.store.client import Reader
from streams.store.queries import Operations
from wellstream.operations.enrolment import call_admin_api


class NoSuchCall(ValueError):
    """There is no call for help of that id."""


def calls(settings: Settings, *, attended: bool = False) -> pd.DataFrame:
    """The open calls, or those of the last thirty days that somebody attended to.

    Raises:
        StoreUnavailable: The store does not answer.
    """
    asked = Operations(Reader(settings.store_uri, settings.secret("store_token")))
    return asked.attended_calls() if attended else asked.open_calls()


def attend(settings: Settings, wanted: str, by: str, did: str) -> tuple[UUID, str]:
    """Record who attended to an open call and what they did.

    Args:
        settings: Where store and gateway are.
        wanted: The id of the call, or its first characters.
        by: Who attended to it.
        did: What they did.

    Returns:
        The call's id and whose it was.

    Raises:
        NoSuchCall: No open call has that id, or several begin with it.
        StoreUnavailable: The store does not answer.
        AdminApiRefused: The gateway is unavailable or refused.
    """
    there = calls(settings)
    found = there[there["alert"].str.startswith(wanted.lower())] if wanted else there.iloc[:0]
    if len(found) != 1:
        raise NoSuchCall(
            f"{len(found) or 'no'} open call{'s' if len(found) > 1 else ''} for help "
            f"{'begin' if len(found) > 1 else 'begins'} with {wanted!r}; `wellstream alert list` shows them"
        )
    alert, participant = UUID(found.iloc[0]["alert"]), str(found.iloc[0]["participant"])
    call_admin_api(
        settings, "/alerts", {"alert": str(alert), "participant": participant, "by": by, "did": did}
    )
    return alert, participant
