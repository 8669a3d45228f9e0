"""Who takes part: arm, language, pauses and consent."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import StringConstraints

from schemas.base import Instant, Language, Slug
from schemas.events.envelope import Envelope


class ParticipantEnrolled(Envelope):
    """Somebody joined, or their arm, language, zone or start date changed; the newest one holds."""

    type: Literal["participant.enrolled"] = "participant.enrolled"
    arm: Slug
    language: Language
    start_date: date


class LanguageChosen(Envelope):
    """A participant chose the language that they want to be addressed in."""

    type: Literal["language.chosen"] = "language.chosen"
    language: Language


class PauseChanged(Envelope):
    """Prompts to a participant pause, or go on.

    Attributes:
        paused: Whether they pause.
        until: They go on by themselves from then; None until somebody says so.
        reason: Such as `crisis` or `asked`.
    """

    type: Literal["pause.changed"] = "pause.changed"
    paused: bool
    until: Instant | None = None
    reason: Slug


class ConsentStatus(StrEnum):
    """What a participant has agreed to. Stopping contact neither withdraws nor erases."""

    GRANTED = "granted"
    CONTACT_STOPPED = "contact_stopped"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


class ConsentChanged(Envelope):
    """A participant's consent changed; `text_version` names the consent text they saw."""

    type: Literal["consent.changed"] = "consent.changed"
    status: ConsentStatus
    text_version: Annotated[str, StringConstraints(min_length=1, max_length=32)]
