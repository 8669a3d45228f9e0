"""From events to rows: pure, so that the same topics always give the same tables."""

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

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
    SafetyAttended,
    SafetyRaised,
    Sealed,
    SupportDecided,
)
from schemas.study import Study
from streams.store import rows
from streams.store.schema import Row, Rows, by_table


def project(event: Event) -> Rows:
    """The rows that an event becomes, by table; none for what the store does not keep."""
    return by_table(_rows(event))


def project_study(study: Study) -> Rows:
    """The row of a study definition."""
    return by_table([rows.StudyDefinition(study.ref, study.id, study.version, study.model_dump_json())])


def _rows(event: Event) -> Sequence[Row]:
    match event:
        case ParticipantEnrolled() | ConsentChanged() | PauseChanged() | LanguageChosen():
            return [_participant(event)]
        case MessageReceived() | MessageClassified():
            return [_message(event)]
        case SafetyRaised() | SafetyAttended():
            return [_safety(event)]
        case DayPlanned():
            return _planned(event)
        case PromptSent() | PromptClosed() | SupportDecided():
            return [_prompt(event)]
        case DeliveryReported():
            return [_report(event)]
        case CheckInSubmitted():
            return [_checkin(event), *_answers(event)]
        case CheckInRetracted():
            return [_retraction(event)]
        case IndicatorsUpdated():
            return _indicators(event)
        case AlertRaised() | AlertSuperseded():
            return [_alert(event)]
        case DeadLetter():
            return [_letter(event)]
        case PromptRequested() | ReplyRequested():
            return []  # their delivery reports say what became of them
        case _:
            assert_never(event)


def _participant(event: ParticipantEnrolled | ConsentChanged | PauseChanged | LanguageChosen) -> Row:
    name, who, study, at = str(event.event_id), event.participant, event.study, event.occurred_at
    match event:
        case ParticipantEnrolled():
            return rows.Enrolment(
                event_id=name, participant=who, study=study, arm=event.arm, language=event.language,
                zone=event.zone, start_date=event.start_date, occurred_at=at,
            )  # fmt: skip
        case ConsentChanged():
            return rows.Consent(
                event_id=name, participant=who, study=study, status=event.status.value,
                text_version=event.text_version, occurred_at=at,
            )  # fmt: skip
        case PauseChanged():
            return rows.Pause(
                event_id=name, participant=who, study=study, paused=event.paused, until=event.until,
                reason=event.reason, occurred_at=at,
            )  # fmt: skip
        case LanguageChosen():
            return rows.LanguageChoice(
                event_id=name, participant=who, study=study, language=event.language, occurred_at=at
            )
        case _:
            assert_never(event)


def _safety(event: SafetyRaised | SafetyAttended) -> Row:
    name, who, study, at = str(event.event_id), event.participant, event.study, event.occurred_at
    if isinstance(event, SafetyAttended):
        return rows.SafetyAttention(
            event_id=name, alert=str(event.alert), participant=who, study=study, attended_by=event.by,
            did=event.did, attended_at=at,
        )  # fmt: skip
    return rows.SafetyAlert(
        event_id=name, cause=str(event.cause), participant=who, study=study, rule=event.rule, occurred_at=at
    )


def _message(event: MessageReceived | MessageClassified) -> Row:
    name, who, study, at = str(event.event_id), event.participant, event.study, event.occurred_at
    match event:
        case MessageReceived():
            return rows.Message(
                event_id=name, participant=who, study=study, provider=event.provider, occurred_at=at,
                recorded_at=event.recorded_at,
            )  # fmt: skip
        case MessageClassified():
            return rows.MessageClassification(
                event_id=name, cause=str(event.cause), participant=who, study=study,
                intent=event.intent.value, unclear_in_a_row=event.unclear_in_a_row, occurred_at=at,
            )  # fmt: skip
        case _:
            assert_never(event)


def _prompt(event: PromptSent | PromptClosed | SupportDecided) -> Row:
    who, study, at = event.participant, event.study, event.occurred_at
    match event:
        case PromptSent():
            return rows.SentPrompt(
                prompt_id=str(event.event_id), participant=who, study=study, channel=event.channel.value,
                scheduled_at=event.scheduled_at, sent_at=at, expires_at=event.expires_at,
                study_day=event.study_day, beep=event.beep, zone=event.zone,
            )  # fmt: skip
        case PromptClosed():
            return rows.ClosedPrompt(
                prompt_id=str(event.prompt_id), participant=who, study=study, outcome=event.outcome.value,
                detail=event.detail, closed_at=at,
            )  # fmt: skip
        case SupportDecided():
            return rows.SupportDecision(
                prompt_id=str(event.prompt_id), participant=who, study=study, available=event.available,
                probability=event.probability, treated=event.treated, text=event.text, decided_at=at,
            )  # fmt: skip
        case _:
            assert_never(event)


def _planned(event: DayPlanned) -> list[Row]:
    return [
        rows.PlannedPrompt(
            prompt_id=str(prompt.prompt_id), participant=event.participant, study=event.study,
            local_date=event.date, study_day=event.study_day, beep=prompt.beep, rule=prompt.rule,
            channel=prompt.channel.value, scheduled_at=prompt.scheduled_at, expires_at=prompt.expires_at,
            zone=event.zone, per_day=event.per_day, answered_share=event.answered_share,
            planned_at=event.occurred_at,
        )
        for prompt in event.prompts
    ]  # fmt: skip


def _report(event: DeliveryReported) -> Row:
    return rows.DeliveryReport(
        event_id=str(event.event_id), text=str(event.text), prompt_id=_optional(event.prompt_id),
        participant=event.participant, study=event.study, provider=event.provider,
        delivery=event.delivery.value, code=event.code, segments=event.segments,
        reported_at=event.occurred_at,
    )  # fmt: skip


def _checkin(event: CheckInSubmitted) -> Row:
    return rows.CheckInVersion(
        event_id=str(event.event_id), checkin=str(event.checkin), version=event.version, retracted=False,
        participant=event.participant, study=event.study, channel=event.channel.value,
        language=event.language, prompt_id=_optional(event.prompt_id), cause=_optional(event.cause),
        rule=event.rule, started_at=event.started_at, occurred_at=event.occurred_at,
        recorded_at=event.recorded_at, zone=event.zone, late_for=_optional(event.late_for),
        opened_at=event.opened_at,
    )  # fmt: skip


def _retraction(event: CheckInRetracted) -> Row:
    return rows.CheckInVersion(
        event_id=str(event.event_id), checkin=str(event.checkin), version=event.version, retracted=True,
        participant=event.participant, study=event.study, channel=None, language=None, prompt_id=None,
        cause=None, rule=None, started_at=None, occurred_at=event.occurred_at,
        recorded_at=event.recorded_at, zone=event.zone, late_for=None, opened_at=None,
    )  # fmt: skip


def _answers(event: CheckInSubmitted) -> list[Row]:
    name, who = str(event.event_id), event.participant
    made: list[Row] = []
    for item, answer in event.answers.items():
        if isinstance(answer, tuple):
            made += [rows.AnswerVersion(name, item, option, who, 1) for option in answer]
        else:
            value = None if isinstance(answer, Sealed) else answer
            made.append(rows.AnswerVersion(name, item, "", who, value))
    return made


def _indicators(event: IndicatorsUpdated) -> list[Row]:
    return [
        rows.IndicatorValue(
            checkin=str(event.checkin), indicator=v.indicator, scale=v.scale, window_length=v.window.value,
            participant=event.participant, window_end=event.occurred_at, study=event.study, value=v.value,
            n=v.n, n_pairs=v.n_pairs, reason=v.reason.value if v.reason else None,
            notes=",".join(v.notes) if v.notes else None, revision=event.revision,
        )
        for v in event.values
    ]  # fmt: skip


def _alert(event: AlertRaised | AlertSuperseded) -> Row:
    name, who, at = str(event.event_id), event.participant, event.recorded_at
    if isinstance(event, AlertSuperseded):
        return rows.AlertSuperseded(name, str(event.alert), who, at)
    return rows.ChartAlert(
        event_id=name, participant=who, study=event.study, chart=event.chart, item=event.item,
        study_day=event.study_day, value=event.value, raised_at=at,
    )  # fmt: skip


def _letter(event: DeadLetter) -> Row:
    return rows.DeadLetter(
        event_id=str(event.event_id), cause=_optional(event.cause), participant=event.participant,
        study=event.study, topic=event.topic, partition=event.partition, offset=event.offset,
        reason=event.reason.value, detail=event.detail, occurred_at=event.occurred_at,
    )  # fmt: skip


def _optional(name: UUID | None) -> str | None:
    return str(name) if name else None
