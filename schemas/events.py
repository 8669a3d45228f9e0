"""What is said on the topics: one envelope, and a payload for each type of event.

A type's payload may only change together with `SCHEMA_VERSION`; readers refuse versions they do not know
(see `schemas.codec`). Every event's id follows from its cause (`schemas.identity.event_id`), so an event
that is sent twice is one event.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import Base64Bytes, Field, StringConstraints, model_validator

from schemas.words import Channel, Instant, Language, Pseudonym, Slug, StudyRef, Word, Zone

SCHEMA_VERSION: Final = 1


class Envelope(Word):
    """What every event about a participant carries.

    Attributes:
        event_id: Follows from the cause; the same cause has the same id.
        schema_version: Version of the words, 1 today.
        study: The definition in force, `id@version`.
        participant: Pseudonym; also the record's key.
        occurred_at: When it happened to the person: event time.
        recorded_at: When this system first took note of it.
        zone: The participant's time zone at that moment.
    """

    event_id: UUID
    schema_version: Literal[1] = SCHEMA_VERSION
    study: StudyRef
    participant: Pseudonym
    occurred_at: Instant
    recorded_at: Instant
    zone: Zone


class Sealed(Word):
    """Words that only the participant's key opens: AES-256-GCM, bound to topic, participant and event."""

    nonce: Base64Bytes
    ciphertext: Base64Bytes


Answer = Annotated[int, Field(ge=-1000, le=1000)] | tuple[Slug, ...] | Sealed
"""A number on a scale, the ids of the options chosen, or sealed words."""


class MessageReceived(Envelope):
    """A participant sent a text. `event_id` follows from the provider's message id."""

    type: Literal["message.received"] = "message.received"
    provider: Slug
    provider_message_id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    language: Language
    text: Sealed


class CheckInSubmitted(Envelope):
    """A participant answered. An item that was not answered is absent from `answers`.

    A correction is a later version of the same check-in: it holds all its answers, names the first version
    in `corrects`, and keeps its `occurred_at`. The highest version holds, whichever arrives last.

    Attributes:
        version: 1, or higher for a correction.
        corrects: `event_id` of the first version; None for that one itself.
        channel: How it came.
        opened_at: When the form was opened; None where that is not known, as for texts.
        started_at: When the first answer was given, where that is known, else when the form was opened;
            `occurred_at` is when it was sent.
        prompt_id: The prompt answered, where the way of answering names it (a web link does, a text
            does not).
        cause: `event_id` of the message it was read from; None for the web form.
        rule: The parsing rule that read the text; None for the web form.
        late_for: The prompt that it came too late for. It is kept, and answers no prompt.
        answers: By item id.
    """

    type: Literal["checkin.submitted"] = "checkin.submitted"
    channel: Channel
    language: Language
    opened_at: Instant | None = None
    started_at: Instant | None = None
    prompt_id: UUID | None = None
    cause: UUID | None = None
    rule: Slug | None = None
    late_for: UUID | None = None
    version: Annotated[int, Field(ge=1)] = 1
    corrects: UUID | None = None
    answers: dict[Slug, Answer] = Field(min_length=1)

    @property
    def checkin(self) -> UUID:
        """The check-in's id, the same in all its versions."""
        return self.corrects or self.event_id

    @model_validator(mode="after")
    def _names_what_it_corrects(self) -> Self:
        if (self.version > 1) != (self.corrects is not None):
            raise ValueError("a version above 1, and only that, names in `corrects` what it corrects")
        return self


class CheckInRetracted(Envelope):
    """A check-in does not count any more; a version of it without answers.

    Attributes:
        version: Higher than that of what is retracted.
        corrects: `event_id` of the check-in's first version.
    """

    type: Literal["checkin.retracted"] = "checkin.retracted"
    version: Annotated[int, Field(ge=2)]
    corrects: UUID

    @property
    def checkin(self) -> UUID:
        """The check-in's id."""
        return self.corrects


class Meaning(StrEnum):
    """What a participant's text was taken for."""

    ANSWER = "answer"
    CORRECTION = "correction"
    UNCLEAR = "unclear"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    CRISIS = "crisis"
    HELP = "help"
    SKIP = "skip"
    BACK = "back"
    RESTART = "restart"
    LANGUAGE = "language"
    BEGIN = "begin"


class MessageRead(Envelope):
    """A text was read. It says what kind of text it was, never its words.

    Attributes:
        cause: `event_id` of the message.
        meaning: What it was taken for.
        misses: How many texts in a row could not be read, this one included; 0 for one that could.
    """

    type: Literal["message.read"] = "message.read"
    cause: UUID
    meaning: Meaning
    misses: Annotated[int, Field(ge=0)] = 0


class PlannedPrompt(Word):
    """A prompt of a day's plan.

    Attributes:
        prompt_id: Follows from the participant, the date and the slot.
        rule: The kind of rule that wanted it, such as `random`.
        channel: How the participant is to be asked.
        scheduled_at: When.
        expires_at: From then on an answer does not count for it.
        slot: 1 for the first prompt of the day.
    """

    prompt_id: UUID
    rule: Slug
    channel: Channel
    scheduled_at: Instant
    expires_at: Instant
    slot: Annotated[int, Field(ge=1, le=200)]


class DayPlanned(Envelope):
    """A participant's prompts of one day, as planned. The newest plan of a day holds.

    Attributes:
        date: The day on which the person wakes up, on their calendar.
        study_day: 1 on the participant's first day.
        prompts: In order of time; those that were sent already stay as they were.
        per_day: Number of random prompts, where that adapts to the person.
        answered_share: What it was adapted to: the share of prompts answered on the days before.
    """

    type: Literal["day.planned"] = "day.planned"
    date: date
    study_day: int
    prompts: tuple[PlannedPrompt, ...]
    per_day: Annotated[int, Field(ge=0)] | None = None
    answered_share: Annotated[float, Field(ge=0, le=1)] | None = None


class PromptSent(Envelope):
    """A participant was asked. `event_id` is the prompt's id, `occurred_at` the time of sending.

    Attributes:
        channel: How the participant was asked.
        scheduled_at: When the plan wanted it.
        expires_at: From then on an answer does not count for this prompt.
        study_day: 1 on the participant's first day.
        slot: 1 for the first prompt of a local day.
    """

    type: Literal["prompt.sent"] = "prompt.sent"
    channel: Channel
    scheduled_at: Instant
    expires_at: Instant
    study_day: Annotated[int, Field(ge=1)]
    slot: Annotated[int, Field(ge=1, le=200)]


class Outcome(StrEnum):
    """How a prompt ended that was not answered.

    `expired`: sent, and not answered in time. `discarded`: its time passed while we were away. `cancelled`:
    it was planned, and then the plan changed, contact stopped or prompts were paused. `failed`: the provider
    did not take it, or we do not know whether it did.
    """

    EXPIRED = "expired"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"
    FAILED = "failed"


class PromptClosed(Envelope):
    """A planned prompt ended without an answer.

    Attributes:
        prompt_id: Which.
        outcome: How.
        detail: Why, for a person; such as `quiet_hours`.
    """

    type: Literal["prompt.closed"] = "prompt.closed"
    prompt_id: UUID
    outcome: Outcome
    detail: Slug | None = None


class SupportDecided(Envelope):
    """Chance decided whether a supportive text goes with a prompt (micro-randomised trial).

    Attributes:
        prompt_id: The decision point.
        available: Whether the person could be treated at that moment; if not, nothing was drawn.
        probability: Of treating, at the time of deciding; 0 if not available.
        treated: What chance decided.
        text: Name of the text sent; None if not treated.
    """

    type: Literal["support.decided"] = "support.decided"
    prompt_id: UUID
    available: bool
    probability: Annotated[float, Field(ge=0, lt=1)]
    treated: bool
    text: Slug | None = None


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


class Undefined(StrEnum):
    """Why an indicator has no value. Undefined is never 0 and never NaN.

    From `zero_variance` on they come from whole records only, never with a live window.
    """

    NO_DATA = "no_data"
    TOO_FEW = "too_few"
    TOO_FEW_PAIRS = "too_few_pairs"
    NO_STRESS = "no_stress"
    NO_COPING = "no_coping"
    NO_PROMPTS = "no_prompts"
    PART_MISSING = "part_missing"
    ZERO_VARIANCE = "zero_variance"
    AT_BOUND = "at_bound"
    NEGATIVE_ICC = "negative_icc"
    NO_EMOTION = "no_emotion"
    NO_BASELINE = "no_baseline"
    NO_TIMES = "no_times"
    NO_TABLE = "no_table"


class Window(StrEnum):
    """Length of a rolling window `(t - w, t]` in event time."""

    DAY = "1d"
    WEEK = "7d"
    MONTH = "28d"


class Note(StrEnum):
    """What to know about a value that is there."""

    SCALE_CHANGED = "scale_changed"
    LANGUAGES_MIXED = "languages_mixed"


class IndicatorValue(Word):
    """One indicator over one window.

    Attributes:
        indicator: Id in the catalogue, such as `mean`.
        scale: What was measured, such as `stress`; empty where the indicator spans several.
        window: Length of the window.
        value: The value, or None with a `reason`.
        n: Number of answers (for compliance: of prompts) used.
        n_pairs: Number of valid pairs used; None where the indicator does not use pairs.
        reason: Why there is no value; None where there is one.
        notes: What to know about it. `scale_changed`: answers of another version of the study, which asked
            the same with other items or on another scale, were left out. `languages_mixed`: the answers
            were given in more than one language.
    """

    indicator: Slug
    scale: str = ""
    window: Window
    value: Annotated[float, Field(allow_inf_nan=False)] | None = None
    n: Annotated[int, Field(ge=0)]
    n_pairs: Annotated[int, Field(ge=0)] | None = None
    reason: Undefined | None = None
    notes: tuple[Note, ...] | None = None


class IndicatorsUpdated(Envelope):
    """A participant's indicators at one check-in; `occurred_at` is where the windows end.

    Attributes:
        checkin: `event_id` of the check-in at which the windows end.
        revision: How many of the participant's events the longest window knows: its prompts, and the
            versions of its check-ins. It only grows while events arrive, and at the end it depends on the
            events alone, not on their order: of two updates with one `event_id`, the higher revision holds.
        values: One entry for each indicator, scale and window.
    """

    type: Literal["indicators.updated"] = "indicators.updated"
    checkin: UUID
    revision: Annotated[int, Field(ge=1)]
    values: tuple[IndicatorValue, ...]


class AlertRaised(Envelope):
    """A control chart went beyond its bounds on a day, as the data were then. It is never taken back.

    For staff alone; with many people and charts some are false every day.

    Attributes:
        chart: `ewma`, `cusum` or `shewhart`.
        item: What is charted: its day means.
        study_day: 1 on the participant's first day.
        value: Of the chart on that day, in its own unit.
    """

    type: Literal["alert.raised"] = "alert.raised"
    chart: Slug
    item: Slug
    study_day: Annotated[int, Field(ge=1)]
    value: Annotated[float, Field(allow_inf_nan=False)]


class AlertSuperseded(Envelope):
    """With later answers or corrections the chart is within its bounds on that day.

    Attributes:
        alert: `event_id` of what was raised.
    """

    type: Literal["alert.superseded"] = "alert.superseded"
    alert: UUID


class SafetyRaised(Envelope):
    """A participant's text has a word of crisis in it; the study's staff should look at once.

    It is no measure of risk, and holds nothing of the text.

    Attributes:
        cause: `event_id` of the message.
        rule: Which of the study's words of crisis it was: language and place in the list, such as `en-3`.
    """

    type: Literal["safety.raised"] = "safety.raised"
    cause: UUID
    rule: Slug


class ReplyRequested(Envelope):
    """Please send a participant a text. It is worded when sent; there are no answers in it.

    Attributes:
        cause: `event_id` of what is replied to.
        language: The language to word it in.
        reply: Name of the text, such as `not_understood`.
        item: The item that it is about, where it is about one.
        expires_at: Not to be sent from then on, so that no reply comes after an outage.
    """

    type: Literal["reply.requested"] = "reply.requested"
    cause: UUID
    language: Language
    reply: Slug
    item: Slug | None = None
    expires_at: Instant | None = None


class PromptRequested(Envelope):
    """Please ask a participant to check in.

    Attributes:
        prompt_id: Which prompt.
        attempt: 0, or the number of the reminder.
        language: The language to word it in.
        channel, scheduled_at, expires_at, study_day, slot: As planned.
    """

    type: Literal["prompt.requested"] = "prompt.requested"
    prompt_id: UUID
    attempt: Annotated[int, Field(ge=0, le=24)] = 0
    language: Language
    channel: Channel
    scheduled_at: Instant
    expires_at: Instant
    study_day: int
    slot: Annotated[int, Field(ge=1, le=200)]


class Delivery(StrEnum):
    """What became of a text, in the order in which it happens; the later one holds."""

    CLAIMED = "claimed"
    WITHHELD = "withheld"
    ACCEPTED = "accepted"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DELIVERED = "delivered"


class TextReported(Envelope):
    """Something became known about a text that was to be sent.

    Attributes:
        text: `event_id` of the request.
        prompt_id: The prompt that it asks, if it does.
        provider: Who carries it.
        delivery: What is known.
        code: The provider's code of an error, or why it was withheld.
        segments: How many SMS it takes, where known.
    """

    type: Literal["text.reported"] = "text.reported"
    text: UUID
    prompt_id: UUID | None = None
    provider: Slug
    delivery: Delivery
    code: Annotated[str, StringConstraints(max_length=48)] | None = None
    segments: Annotated[int, Field(ge=0)] | None = None


class Reason(StrEnum):
    """Why a record was put among the dead letters."""

    UNREADABLE = "unreadable"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_FIELD = "unknown_field"
    INVALID = "invalid"
    UNKNOWN_STUDY = "unknown_study"
    UNKNOWN_ITEM = "unknown_item"
    OUT_OF_RANGE = "out_of_range"
    NOT_UNDERSTOOD = "not_understood"
    AMBIGUOUS = "ambiguous"
    KEY_DESTROYED = "key_destroyed"
    WRONG_KEY = "wrong_key"
    UNEXPECTED = "unexpected"


class DeadLetter(Word):
    """A record that could not be read or used, kept whole so that it can be replayed.

    Attributes:
        event_id: Follows from where it came from and the reason.
        cause: `event_id` of the event inside, where it could be read.
        study, participant: As the event inside said, where it could be read.
        occurred_at: When it was put here.
        topic, partition, offset: Where it was read; partition and offset are -1 if it never was on a
            topic (a form that the gateway refused).
        reason, detail: Why, for a program and for a person; the detail holds no answers.
        key, value: The record as it was; both may be None.
    """

    event_id: UUID
    schema_version: Literal[1] = SCHEMA_VERSION
    type: Literal["letter.dead"] = "letter.dead"
    cause: UUID | None = None
    study: StudyRef | None = None
    participant: Pseudonym | None = None
    occurred_at: Instant
    topic: str
    partition: int = -1
    offset: int = -1
    reason: Reason
    detail: Annotated[str, StringConstraints(max_length=500)]
    key: Base64Bytes | None = None
    value: Base64Bytes | None = None


Event = Annotated[
    MessageReceived
    | MessageRead
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
    | ReplyRequested
    | PromptRequested
    | TextReported
    | DeadLetter,
    Field(discriminator="type"),
]
"""Any event, told apart by `type`."""
