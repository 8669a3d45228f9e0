"""Who takes part: arm, language, pauses and consent."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import StringConstraints

from schemas.base import Day, Instant, Language, Slug
from schemas.events.envelope import Envelope


class ParticipantEnrolled(Envelope):
    """Somebody was enrolled, or their arm, language, zone or start date changed. The newest event holds.

    Attributes:
        arm: The arm's id in the study.
        language: The language to write to them in.
        start_date: Their first study day, on their own calendar.
    """

    type: Literal["participant.enrolled"] = "participant.enrolled"
    arm: Slug
    language: Language
    start_date: Day


class LanguageChosen(Envelope):
    """A participant chose the language of the texts and the form.

    Attributes:
        language: The language they chose.
    """

    type: Literal["language.chosen"] = "language.chosen"
    language: Language


class PauseChanged(Envelope):
    """Prompts to a participant were paused or resumed.

    Attributes:
        paused: True if paused, False if resumed.
        until: When they resume automatically; None if staff must resume them.
        reason: Why, such as `crisis` or `asked`.
    """

    type: Literal["pause.changed"] = "pause.changed"
    paused: bool
    until: Instant | None = None
    reason: Slug


class ConsentStatus(StrEnum):
    """What a participant consents to. Stopping contact is neither withdrawal nor erasure."""

    GRANTED = "granted"
    CONTACT_STOPPED = "contact_stopped"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


class ConsentChanged(Envelope):
    """A participant's consent changed.

    Attributes:
        status: What they consent to from now on.
        text_version: The version of the consent text that they saw.
    """

    type: Literal["consent.changed"] = "consent.changed"
    status: ConsentStatus
    text_version: Annotated[str, StringConstraints(min_length=1, max_length=32)]
