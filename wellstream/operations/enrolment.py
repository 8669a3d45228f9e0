"""Enrolment, links and pauses through the gateway's admin API, since only the gateway opens the vault."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from schemas.base import known_zone
from schemas.clock import now
from schemas.settings import Settings
from schemas.study import Study
from schemas.study.file import load_study

_LIMIT_SECONDS = 30.0
_SECONDS_EACH = 0.1


class AdminApiRefused(RuntimeError):
    """The gateway's admin API is unavailable or refused a request."""


def enrol(settings: Settings, people: list[dict[str, str]]) -> list[str]:
    """Enrol people.

    Args:
        settings: Where the gateway is, and which study.
        people: For each person `number`, `arm`, `language`, `zone` and `start_date`; today if that is empty.

    Returns:
        Their pseudonyms, in the same order.

    Raises:
        AdminApiRefused: The gateway is unavailable, or rejects something in the data.
    """
    study = load_study(settings.study_path)
    checked = [_checked(row, person, study) for row, person in enumerate(people, start=1)]
    answer = call_admin_api(settings, "/participants", checked)
    return [entry["participant"] for entry in answer]


def _checked(row: int, person: dict[str, str], study: Study) -> dict[str, str]:
    _require(row, "arm", person.get("arm"), [arm.id for arm in study.arms], study)
    _require(row, "language", person.get("language"), study.languages, study)
    try:
        zone = known_zone(person.get("zone", ""))
    except ValueError as error:
        raise AdminApiRefused(f"person {row}: {error}") from None
    start = person.get("start_date") or str(now().astimezone(ZoneInfo(zone)).date())
    try:
        date.fromisoformat(start)
    except ValueError:
        raise AdminApiRefused(
            f"person {row}: {start!r} is not a date; write one such as 2026-03-14"
        ) from None
    return person | {"study": study.ref, "start_date": start}


def _require(row: int, field: str, value: str | None, allowed: Sequence[str], study: Study) -> None:
    if not value:
        raise AdminApiRefused(f"person {row}: the {field} is missing; {study.ref} has: {', '.join(allowed)}")
    if value not in allowed:
        raise AdminApiRefused(
            f"person {row}: {study.ref} has no {field} {value!r}; allowed: {', '.join(allowed)}"
        )


def link(settings: Settings, pseudonym: str, hours: int) -> str:
    """A link to the form for a participant, valid for `hours`.

    Raises:
        AdminApiRefused: The gateway is unavailable, or there is no such participant.
    """
    expires = now() + timedelta(hours=hours)
    request = {"participant": pseudonym, "prompt_id": None, "expires_at": expires.isoformat()}
    return str(call_admin_api(settings, "/links", [request])[0]["url"])


def pause(settings: Settings, pseudonym: str, *, paused: bool, hours: float | None = None) -> None:
    """Pause a participant's prompts, for `hours` or until resumed, or resume them.

    Raises:
        AdminApiRefused: The gateway is unavailable, or there is no such participant.
    """
    until = (now() + timedelta(hours=hours)).isoformat() if hours else None
    call_admin_api(settings, "/pauses", {"participant": pseudonym, "paused": paused, "until": until})


def reveal(settings: Settings, pseudonym: str, by: str, reason: str) -> str:
    """A participant's telephone number; the gateway records who asked and why.

    Raises:
        AdminApiRefused: The gateway is unavailable, there is no such participant, or nothing can be recorded.
    """
    wanted = {"participant": pseudonym, "by": by, "reason": reason}
    return str(call_admin_api(settings, "/reveals", wanted)["number"])


def call_admin_api(
    settings: Settings,
    path: str,
    body: list[dict[str, Any]] | dict[str, Any],
    client: httpx.Client | None = None,
) -> Any:
    """Post a request to the gateway's admin API and return its answer.

    Args:
        settings: Where the gateway is.
        path: The endpoint.
        body: What to ask for.
        client: Asks through a connection that stays open, for one who asks often.

    Raises:
        AdminApiRefused: The gateway is unavailable or refused the request.
    """
    token = settings.secret("admin_token")
    try:
        response = (client or httpx).post(
            settings.admin_url + path,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_LIMIT_SECONDS + _SECONDS_EACH * len(body),
        )
    except httpx.HTTPError:
        raise AdminApiRefused(
            f"the gateway does not respond at {settings.admin_url}; start it, or check WELLSTREAM_ADMIN_URL"
        ) from None
    if response.status_code != httpx.codes.OK:
        raise AdminApiRefused(
            f"the gateway refused the request ({response.status_code}): {response.text:.300}"
        )
    return response.json()
