"""The rows of the store's tables. A class is a table: its fields are the columns, its docstring the meaning.

`streams.store.schema` gives each one its name and key, and makes the DDL and the Arrow types from it.
"""

from datetime import date, datetime
from typing import Annotated, NamedTuple

BigInt = Annotated[int, "bigint"]
"""An integer of 64 bits."""


class Offset(NamedTuple):
    """The records of each partition that the rows come from, written in the same transaction as the rows.

    From `first_offset` up to `next_offset`, which is the next to be read.
    """

    topic: str
    partition: int
    first_offset: BigInt
    next_offset: BigInt


class StudyDefinition(NamedTuple):
    """Every study definition that was ever announced, as JSON; `ref` is `id@version`."""

    ref: str
    id: str
    version: int
    definition: str


class Enrolment(NamedTuple):
    """Every enrolment, and every change of one: a move to another arm or zone is another row."""

    event_id: str
    participant: str
    study: str
    arm: str
    language: str
    zone: str
    start_date: date
    occurred_at: datetime


class Consent(NamedTuple):
    """Every change of a participant's consent, with the version of the consent text."""

    event_id: str
    participant: str
    study: str
    status: str
    text_version: str
    occurred_at: datetime


class Message(NamedTuple):
    """Every text that a participant sent: the fact, never its words."""

    event_id: str
    participant: str
    study: str
    provider: str
    occurred_at: datetime
    recorded_at: datetime


class MessageClassification(NamedTuple):
    """How each text was classified; `cause` is the text's id in `messages`."""

    event_id: str
    cause: str
    participant: str
    study: str
    intent: str
    unclear_in_a_row: int
    occurred_at: datetime


class PlannedPrompt(NamedTuple):
    """Every prompt of every planned day; `beep` is its number within the day.

    `per_day` and `answered_share` say what an adaptive schedule went by.
    """

    prompt_id: str
    participant: str
    study: str
    local_date: date
    study_day: int
    beep: int
    rule: str
    channel: str
    scheduled_at: datetime
    expires_at: datetime
    zone: str
    per_day: int | None
    answered_share: float | None
    planned_at: datetime


class ClosedPrompt(NamedTuple):
    """Every planned prompt that was closed without an answer, with its outcome and the reason."""

    prompt_id: str
    participant: str
    study: str
    outcome: str
    detail: str | None
    closed_at: datetime


class SupportDecision(NamedTuple):
    """Every micro-randomised decision on a supportive text: availability, probability, and outcome."""

    prompt_id: str
    participant: str
    study: str
    available: bool
    probability: float
    treated: bool
    text: str | None
    decided_at: datetime


class DeliveryReport(NamedTuple):
    """Every delivery report of a text that was sent to a participant; `text` is the text's id."""

    event_id: str
    text: str
    prompt_id: str | None
    participant: str
    study: str
    provider: str
    delivery: str
    code: str | None
    segments: int | None
    reported_at: datetime


class SafetyAlert(NamedTuple):
    """Every text and form whose words matched a safety rule; none of the words."""

    event_id: str
    cause: str
    participant: str
    study: str
    rule: str
    occurred_at: datetime


class SafetyAttention(NamedTuple):
    """Every time that somebody of the staff looked after a call for help: who, when, and what they did."""

    event_id: str
    alert: str
    participant: str
    study: str
    attended_by: str
    did: str
    attended_at: datetime


class Pause(NamedTuple):
    """Every pause of a participant's prompts, and every resumption (`paused` is false)."""

    event_id: str
    participant: str
    study: str
    paused: bool
    until: datetime | None
    reason: str
    occurred_at: datetime


class LanguageChoice(NamedTuple):
    """Every language that a participant chose."""

    event_id: str
    participant: str
    study: str
    language: str
    occurred_at: datetime


class SentPrompt(NamedTuple):
    """Every prompt that was sent."""

    prompt_id: str
    participant: str
    study: str
    channel: str
    scheduled_at: datetime
    sent_at: datetime
    expires_at: datetime
    study_day: int
    beep: int
    zone: str


class CheckInVersion(NamedTuple):
    """Every version of every check-in: the first, corrections, and retractions, which carry no answers.

    `cause` is the text that it came by, empty for the form. `late_for` is the prompt that a late answer
    would have answered.
    """

    event_id: str
    checkin: str
    version: int
    retracted: bool
    participant: str
    study: str
    channel: str | None
    language: str | None
    prompt_id: str | None
    cause: str | None
    rule: str | None
    started_at: datetime | None
    occurred_at: datetime
    recorded_at: datetime
    zone: str
    late_for: str | None
    opened_at: datetime | None


class AnswerVersion(NamedTuple):
    """The answers of every version of a check-in. Free text is sealed and stored without a value.

    `option` is empty for a number; an item with several choices has a row for each option chosen.
    """

    event_id: str
    item: str
    option: str
    participant: str
    value: float | None


class IndicatorValue(NamedTuple):
    """The rolling indicators at each check-in. The highest `revision` replaces earlier ones.

    A value that cannot be computed is empty and has a `reason`. `scale` says of which measure, and is empty
    for an indicator of several.
    """

    checkin: str
    indicator: str
    scale: str
    window_length: str
    participant: str
    window_end: datetime
    study: str
    value: float | None
    n: int
    n_pairs: int | None
    reason: str | None
    notes: str | None
    revision: int


class ChartAlert(NamedTuple):
    """Every alert of a control chart."""

    event_id: str
    participant: str
    study: str
    chart: str
    item: str
    study_day: int
    value: float
    raised_at: datetime


class AlertSuperseded(NamedTuple):
    """Every chart alert that later data superseded."""

    event_id: str
    alert: str
    participant: str
    superseded_at: datetime


class DeadLetter(NamedTuple):
    """Every record that could not be read or used: its place on the topic, and the reason."""

    event_id: str
    cause: str | None
    participant: str | None
    study: str | None
    topic: str
    partition: int
    offset: BigInt
    reason: str
    detail: str
    occurred_at: datetime


class Summary(NamedTuple):
    """Every indicator over each participant's full record, as of the last batch.

    `scale` says of which measure, or of which item that measures none; it is empty for an indicator of
    several. Where check-ins were made on the participant's own initiative, rows `ID/prompted` and
    `ID/own_initiative` are the values without them, and from them alone.
    """

    study: str
    participant: str
    indicator: str
    scale: str
    value: float | None
    n: int
    n_pairs: int | None
    reason: str | None
    notes: str | None
    computed_at: datetime


class DriftCheck(NamedTuple):
    """Every comparison of live indicator values with a replay."""

    study: str
    checked_at: datetime
    participants: int
    compared: BigInt
    different: BigInt
