"""The events on the topics: one envelope, and a payload for each type; a module for each family of topics.

A type's payload may only change together with `SCHEMA_VERSION`; readers refuse versions they do not know
(see `schemas.codec`). Every event's id is derived from its cause (`schemas.identity.event_id`), so an event
that is sent twice counts once.
"""

from typing import Annotated

from pydantic import Field

from schemas.events.alerts import AlertRaised, AlertSuperseded
from schemas.events.checkins import Answer, CheckInRetracted, CheckInSubmitted
from schemas.events.dead_letters import DeadLetter, Reason
from schemas.events.envelope import SCHEMA_VERSION, Envelope, EnvelopeFields, Sealed, caused_by
from schemas.events.indicators import IndicatorsUpdated, IndicatorValue, Note, Undefined, Window
from schemas.events.messages import Intent, MessageClassified, MessageReceived
from schemas.events.participants import (
    ConsentChanged,
    ConsentStatus,
    LanguageChosen,
    ParticipantEnrolled,
    PauseChanged,
)
from schemas.events.prompts import (
    DayPlanned,
    Outcome,
    PlannedPrompt,
    PromptClosed,
    PromptSent,
    SupportDecided,
)
from schemas.events.safety import SafetyAttended, SafetyRaised
from schemas.events.texts import DeliveryReported, DeliveryStatus, PromptRequested, ReplyRequested

Event = Annotated[
    MessageReceived
    | MessageClassified
    | CheckInSubmitted
    | CheckInRetracted
    | DayPlanned
    | PromptSent
    | PromptClosed
    | SupportDecided
    | ParticipantEnrolled
    | LanguageChosen
    | PauseChanged
    | ConsentChanged
    | IndicatorsUpdated
    | AlertRaised
    | AlertSuperseded
    | SafetyRaised
    | SafetyAttended
    | ReplyRequested
    | PromptRequested
    | DeliveryReported
    | DeadLetter,
    Field(discriminator="type"),
]
"""An event of any type; `type` is the discriminator."""

EventType = type[Envelope] | type[DeadLetter]
"""The class of an event."""

__all__ = [
    "SCHEMA_VERSION",
    "AlertRaised",
    "AlertSuperseded",
    "Answer",
    "CheckInRetracted",
    "CheckInSubmitted",
    "ConsentChanged",
    "ConsentStatus",
    "DayPlanned",
    "DeadLetter",
    "DeliveryReported",
    "DeliveryStatus",
    "Envelope",
    "EnvelopeFields",
    "Event",
    "EventType",
    "IndicatorValue",
    "IndicatorsUpdated",
    "Intent",
    "LanguageChosen",
    "MessageClassified",
    "MessageReceived",
    "Note",
    "Outcome",
    "ParticipantEnrolled",
    "PauseChanged",
    "PlannedPrompt",
    "PromptClosed",
    "PromptRequested",
    "PromptSent",
    "Reason",
    "ReplyRequested",
    "SafetyAttended",
    "SafetyRaised",
    "Sealed",
    "SupportDecided",
    "Undefined",
    "Window",
    "caused_by",
]
