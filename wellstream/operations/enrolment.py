"""Enrolling people and making links, through the gateway's admin API: only the gateway opens the vault."""

from datetime import timedelta
from typing import Any

import httpx

from schemas.clock import now
from schemas.settings import Settings
from schemas.study.file import load_study

_LIMIT_SECONDS = 30.0


class AdminApiRefused(RuntimeError):
    """The gateway's admin API did not do what it was asked."""


def enrol(settings: Settings, people: list[dict[str, str]]) -> list[str]:
    """Enrol people with `number`, `arm`, `language`, `zone` and `start_date`; their pseudonyms, in order.

    Raises:
        AdminApiRefused: The gateway is away, or something in the data is wrong.
    """
    study = load_study(settings.study_path)
    known = {arm.id for arm in study.arms}
    for row, person in enumerate(people, start=1):
        if person.get("arm") not in known:
            raise AdminApiRefused(
                f"person {row}: the study has no arm {person.get('arm')!r}; it has {sorted(known)}"
            )
        if person.get("language") not in study.languages:
            raise AdminApiRefused(f"person {row}: the study's languages are {', '.join(study.languages)}")
    answer = call_admin_api(settings, "/participants", [person | {"study": study.ref} for person in people])
    return [entry["participant"] for entry in answer]


def link(settings: Settings, pseudonym: str, hours: int) -> str:
    """The address of the form for a participant; it works for `hours`."""
    expires = now() + timedelta(hours=hours)
    wanted = {"participant": pseudonym, "prompt_id": None, "expires_at": expires.isoformat()}
    return str(call_admin_api(settings, "/links", [wanted])[0]["url"])


def pause(settings: Settings, pseudonym: str, *, paused: bool, hours: float | None = None) -> None:
    """Pause the prompts to a participant, for some hours or until somebody ends it; or let them go on.

    Raises:
        AdminApiRefused: The gateway is away, or there is no such participant.
    """
    until = (now() + timedelta(hours=hours)).isoformat() if hours else None
    call_admin_api(settings, "/pauses", {"participant": pseudonym, "paused": paused, "until": until})


def call_admin_api(settings: Settings, path: str, body: list[dict[str, Any]] | dict[str, Any]) -> Any:
    """Post to the gateway's admin API; its answer.

    Raises:
        AdminApiRefused: It is away, or refuses.
    """
    token = settings.secret("admin_token")
    try:
        response = httpx.post(
            settings.admin_url + path,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_LIMIT_SECONDS,
        )
    except httpx.HTTPError:
        raise AdminApiRefused(
            f"the gateway does not answer at {settings.admin_url}; is it running?"
        ) from None
    if response.status_code != httpx.codes.OK:
        raise AdminApiRefused(f"the gateway refused it ({response.status_code}): {response.text:.300}")
    return response.json()
