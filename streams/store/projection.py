"""From events to rows: pure, so that the same topics always give the same tables."""

from dataclasses import dataclass
from typing import Any, assert_never

import pyarrow as pa

from schemas.events import (  # fmt: skip
    AlertRaised,
    AlertSuperseded,
    CheckInRetracted,
    CheckInSubmitted,
    ConsentChanged,
    DayPlanned,
    DeadLetter,
    DeliveryReported,
    Event,
    IndicatorsUpdated,
    LanguageChosen,
    MessageClassified,
    MessageReceived,
    ParticipantEnrolled,
    PauseChanged,
    PromptClosed,
    PromptRequested,
    PromptSent,
    ReplyRequested,
    SafetyRaised,
    Sealed,
    SupportDecided,
)
from schemas.study import Study

Rows = dict[str, list[tuple[Any, ...]]]

_TIME = pa.timestamp("ms", tz="UTC")
_TEXT, _INT, _LONG = pa.string(), pa.int32(), pa.int64()


@dataclass(frozen=True)
class Table:
    """How rows of a table are written.

    Attributes:
        columns: Names and Arrow types, in the order of the rows.
        key: How many leading columns identify a row.
        newest: Column whose higher value wins where a row is there already; None keeps the first.
    """

    columns: dict[str, pa.DataType]
    key: int
    newest: str | None = None


TABLES: dict[str, Table] = {
    "studies": Table({"ref": _TEXT, "id": _TEXT, "version": _INT, "definition": _TEXT}, 1),
    "enrolments": Table(
        {"event_id": _TEXT, "participant": _TEXT, "study": _TEXT, "arm": _TEXT, "language": _TEXT,
         "zone": _TEXT, "start_date": pa.date32(), "occurred_at": _TIME}, 1,
    ),
    "consents": Table(
        {"event_id": _TEXT, "participant": _TEXT, "study": _TEXT, "status": _TEXT, "text_version": _TEXT,
         "occurred_at": _TIME}, 1,
    ),
    "messages": Table(
        {"event_id": _TEXT, "participant": _TEXT, "study": _TEXT, "provider": _TEXT, "occurred_at": _TIME,
         "recorded_at": _TIME}, 1,
    ),
    "message_classifications": Table(
        {"event_id": _TEXT, "cause": _TEXT, "participant": _TEXT, "study": _TEXT, "intent": _TEXT,
         "unclear_in_a_row": _INT, "occurred_at": _TIME}, 1,
    ),
    "planned_prompts": Table(
        {"prompt_id": _TEXT, "participant": _TEXT, "study": _TEXT, "local_date": pa.date32(),
         "study_day": _INT, "beep": _INT, "rule": _TEXT, "channel": _TEXT, "scheduled_at": _TIME,
         "expires_at": _TIME, "zone": _TEXT, "per_day": _INT, "answered_share": pa.float64(),
         "planned_at": _TIME}, 1,
    ),
    "prompts_closed": Table(
        {"prompt_id": _TEXT, "participant": _TEXT, "study": _TEXT, "outcome": _TEXT, "detail": _TEXT,
         "closed_at": _TIME}, 1,
    ),
    "support_decisions": Table(
        {"prompt_id": _TEXT, "participant": _TEXT, "study": _TEXT, "available": pa.bool_(),
         "probability": pa.float64(), "treated": pa.bool_(), "text": _TEXT, "decided_at": _TIME}, 1,
    ),
    "delivery_reports": Table(
        {"event_id": _TEXT, "text": _TEXT, "prompt_id": _TEXT, "participant": _TEXT, "study": _TEXT,
         "provider": _TEXT, "delivery": _TEXT, "code": _TEXT, "segments": _INT, "reported_at": _TIME}, 1,
    ),
    "safety_alerts": Table(
        {"event_id": _TEXT, "cause": _TEXT, "participant": _TEXT, "study": _TEXT, "rule": _TEXT,
         "occurred_at": _TIME}, 1,
    ),
    "pauses": Table(
        {"event_id": _TEXT, "participant": _TEXT, "study": _TEXT, "paused": pa.bool_(), "until": _TIME,
         "reason": _TEXT, "occurred_at": _TIME}, 1,
    ),
    "languages": Table(
        {"event_id": _TEXT, "participant": _TEXT, "study": _TEXT, "language": _TEXT, "occurred_at": _TIME}, 1,
    ),
    "prompts": Table(
        {"prompt_id": _TEXT, "participant": _TEXT, "study": _TEXT, "channel": _TEXT, "scheduled_at": _TIME,
         "sent_at": _TIME, "expires_at": _TIME, "study_day": _INT, "beep": _INT, "zone": _TEXT}, 1,
    ),
    "checkin_versions": Table(
        {"event_id": _TEXT, "checkin": _TEXT, "version": _INT, "retracted": pa.bool_(), "participant": _TEXT,
         "study": _TEXT, "channel": _TEXT, "language": _TEXT, "prompt_id": _TEXT, "cause": _TEXT,
         "rule": _TEXT, "started_at": _TIME, "occurred_at": _TIME, "recorded_at": _TIME, "zone": _TEXT,
         "late_for": _TEXT, "opened_at": _TIME}, 1,
    ),
    "answer_versions": Table(
        {"event_id": _TEXT, "item": _TEXT, "option": _TEXT, "participant": _TEXT, "value": _INT}, 3
    ),
    "indicator_values": Table(
        {"checkin": _TEXT, "indicator": _TEXT, "scale": _TEXT, "window_length": _TEXT, "participant": _TEXT,
         "window_end": _TIME, "study": _TEXT, "value": pa.float64(), "n": _INT,
         "n_pairs": _INT, "reason": _TEXT, "notes": _TEXT, "revision": _INT}, 4, "revision",
    ),
    "alerts_raised": Table(
        {"event_id": _TEXT, "participant": _TEXT, "study": _TEXT, "chart": _TEXT, "item": _TEXT,
         "study_day": _INT, "value": pa.float64(), "raised_at": _TIME}, 1,
    ),
    "alerts_superseded": Table(
        {"event_id": _TEXT, "alert": _TEXT, "participant": _TEXT, "superseded_at": _TIME}, 1,
    ),
    "dead_letters": Table(
        {"event_id": _TEXT, "cause": _TEXT, "participant": _TEXT, "study": _TEXT, "topic": _TEXT,
         "partition": _INT, "offset": _LONG, "reason": _TEXT, "detail": _TEXT, "occurred_at": _TIME}, 1,
    ),
}  # fmt: skip


def project(event: Event) -> Rows:
    """The rows that an event becomes, by table; none for what the store does not keep."""
    match event:
        case MessageReceived(event_id=name, participant=who, study=study):
            row = (str(name), who, study, event.provider, event.occurred_at, event.recorded_at)
            return {"messages": [row]}
        case MessageClassified(event_id=name, participant=who, study=study):
            read = (event.intent.value, event.unclear_in_a_row, event.occurred_at)
            return {"message_classifications": [(str(name), str(event.cause), who, study, *read)]}
        case DayPlanned():
            return {"planned_prompts": _planned(event)}
        case PromptSent():
            return {"prompts": [_prompt(event)]}
        case PromptClosed(participant=who, study=study):
            closed = (event.outcome.value, event.detail, event.occurred_at)
            return {"prompts_closed": [(str(event.prompt_id), who, study, *closed)]}
        case SupportDecided(participant=who, study=study):
            drawn = (event.available, event.probability, event.treated, event.text, event.occurred_at)
            return {"support_decisions": [(str(event.prompt_id), who, study, *drawn)]}
        case DeliveryReported():
            return {"delivery_reports": [_report(event)]}
        case SafetyRaised(event_id=name, participant=who, study=study):
            return {
                "safety_alerts": [(str(name), str(event.cause), who, study, event.rule, event.occurred_at)]
            }
        case PauseChanged(event_id=name, participant=who, study=study):
            pause = (event.paused, event.until, event.reason, event.occurred_at)
            return {"pauses": [(str(name), who, study, *pause)]}
        case LanguageChosen(event_id=name, participant=who, study=study):
            return {"languages": [(str(name), who, study, event.language, event.occurred_at)]}
        case CheckInSubmitted():
            return {"checkin_versions": [_checkin(event)], "answer_versions": _answers(event)}
        case CheckInRetracted():
            return {"checkin_versions": [_retraction(event)]}
        case ParticipantEnrolled():
            return {"enrolments": [_enrolment(event)]}
        case ConsentChanged(event_id=name, participant=who, study=study, status=status):
            return {
                "consents": [(str(name), who, study, status.value, event.text_version, event.occurred_at)]
            }
        case IndicatorsUpdated():
            return {"indicator_values": _indicators(event)}
        case AlertRaised(event_id=name, participant=who, study=study):
            raised = (event.chart, event.item, event.study_day, event.value, event.recorded_at)
            return {"alerts_raised": [(str(name), who, study, *raised)]}
        case AlertSuperseded(event_id=name, participant=who):
            return {"alerts_superseded": [(str(name), str(event.alert), who, event.recorded_at)]}
        case DeadLetter():
            return {"dead_letters": [_letter(event)]}
        case PromptRequested() | ReplyRequested():
            return {}  # their delivery reports say what became of them
        case _:
            assert_never(event)


def project_study(study: Study) -> Rows:
    """The row of a study definition."""
    return {"studies": [(study.ref, study.id, study.version, study.model_dump_json())]}


def _prompt(event: PromptSent) -> tuple[Any, ...]:
    return (
        str(event.event_id), event.participant, event.study, event.channel.value, event.scheduled_at,
        event.occurred_at, event.expires_at, event.study_day, event.beep, event.zone,
    )  # fmt: skip


def _planned(event: DayPlanned) -> list[tuple[Any, ...]]:
    return [
        (
            str(prompt.prompt_id), event.participant, event.study, event.date, event.study_day, prompt.beep,
            prompt.rule, prompt.channel.value, prompt.scheduled_at, prompt.expires_at, event.zone,
            event.per_day, event.answered_share, event.occurred_at,
        )
        for prompt in event.prompts
    ]  # fmt: skip


def _report(event: DeliveryReported) -> tuple[Any, ...]:
    return (
        str(event.event_id), str(event.text), str(event.prompt_id) if event.prompt_id else None,
        event.participant, event.study, event.provider, event.delivery.value, event.code, event.segments,
        event.occurred_at,
    )  # fmt: skip


def _enrolment(event: ParticipantEnrolled) -> tuple[Any, ...]:
    return (
        str(event.event_id), event.participant, event.study, event.arm, event.language, event.zone,
        event.start_date, event.occurred_at,
    )  # fmt: skip


def _checkin(event: CheckInSubmitted) -> tuple[Any, ...]:
    prompt, cause = (str(name) if name else None for name in (event.prompt_id, event.cause))
    return (
        str(event.event_id), str(event.checkin), event.version, False, event.participant, event.study,
        event.channel.value, event.language, prompt, cause, event.rule, event.started_at,
        event.occurred_at, event.recorded_at, event.zone, str(event.late_for) if event.late_for else None,
        event.opened_at,
    )  # fmt: skip


def _retraction(event: CheckInRetracted) -> tuple[Any, ...]:
    return (
        str(event.event_id), str(event.checkin), event.version, True, event.participant, event.study,
        None, None, None, None, None, None, event.occurred_at, event.recorded_at, event.zone, None, None,
    )  # fmt: skip


def _answers(event: CheckInSubmitted) -> list[tuple[Any, ...]]:
    name = str(event.event_id)
    rows: list[tuple[Any, ...]] = []
    for item, answer in event.answers.items():
        if isinstance(answer, tuple):
            rows += [(name, item, option, event.participant, 1) for option in answer]
        else:
            rows.append((name, item, "", event.participant, None if isinstance(answer, Sealed) else answer))
    return rows


def _indicators(event: IndicatorsUpdated) -> list[tuple[Any, ...]]:
    return [
        (
            str(event.checkin), v.indicator, v.scale, v.window.value, event.participant, event.occurred_at,
            event.study, v.value, v.n, v.n_pairs, v.reason.value if v.reason else None,
            ",".join(v.notes) if v.notes else None, event.revision,
        )
        for v in event.values
    ]  # fmt: skip


def _letter(event: DeadLetter) -> tuple[Any, ...]:
    return (
        str(event.event_id), str(event.cause) if event.cause else None, event.participant, event.study,
        event.topic, event.partition, event.offset, event.reason.value, event.detail, event.occurred_at,
    )  # fmt: skip
