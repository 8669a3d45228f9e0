"""The live indicators of one participant: the worker's state, and the updates that events cause.

LAW: in whatever order, batches and repetitions events arrive, if none is more than `LATENESS_MS` behind the
newest, the updates of highest revision are the same, bit for bit.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from schemas.base import Channel
from schemas.consumers import Consumes
from schemas.events import (
    CheckInRetracted,
    CheckInSubmitted,
    DayPlanned,
    IndicatorsUpdated,
    PromptClosed,
    PromptSent,
    SupportDecided,
)
from schemas.identity import event_id
from schemas.study import Study
from schemas.study.versions import Versions
from schemas.topics import CHECKINS, PROMPTS
from streams.indicators.rolling import known, rolling
from streams.indicators.window import LONGEST_MS, scales
from streams.records.scores import score
from streams.records.timeline import CheckInRecord, History, PromptRecord, from_ms, to_ms

LATENESS_MS = 14 * 86_400_000
"""How far an event may lag behind the newest one and still count; `rebuild` has no such limit."""

REACH_MS = 86_400_000
"""How long before a window an event may be and still tell whether a check-in in it was prompted: a prompt is
open for at most a day (`Schedule.expires_minutes`)."""

State = dict[str, list[list[Any]]]
"""`asked` and `answered`: each record as a list of its fields' values, which is compact JSON."""

TimelineEvent = CheckInSubmitted | CheckInRetracted | PromptSent

TIMELINE: Consumes[TimelineEvent] = Consumes(
    "indicators",
    (CHECKINS, PROMPTS),
    handles=(CheckInSubmitted, CheckInRetracted, PromptSent),
    ignores=(DayPlanned, PromptClosed, SupportDecided),
)


def to_record(event: TimelineEvent, versions: Versions) -> PromptRecord | CheckInRecord:
    """An event as a record of the timeline.

    Raises:
        KeyError: Its study is unknown.
    """
    at, study = to_ms(event.occurred_at), versions[event.study]
    if isinstance(event, PromptSent):
        return PromptRecord(
            at, str(event.event_id), to_ms(event.expires_at), day=event.study_day, beep=event.beep,
            once_a_day=versions.once_a_day(event.study),
        )  # fmt: skip
    if isinstance(event, CheckInRetracted):
        return CheckInRecord(
            at, str(event.checkin), retracted=True, event=str(event.event_id), version=event.version,
            study=event.study, zone=event.zone, recorded=to_ms(event.recorded_at),
        )  # fmt: skip
    numbers = {
        item: float(answer) for item, answer in event.answers.items() if isinstance(answer, int | float)
    }
    scores = {
        measure.value: found
        for measure in scales(study)
        if (found := score(numbers, [item.id for item in study.scales_of(measure)])) is not None
    }
    return CheckInRecord(
        at, str(event.checkin), prompt=str(event.prompt_id or ""), late=event.late_for is not None,
        event=str(event.event_id), version=event.version, study=event.study, zone=event.zone,
        language=event.language, recorded=to_ms(event.recorded_at), scores=scores,
        coping=_strategies(event, study),
    )  # fmt: skip


def _strategies(event: CheckInSubmitted, study: Study) -> tuple[str, ...] | None:
    """The strategies chosen; None if they were not asked. In a form, not to choose any is an answer."""
    found = [event.answers[item.id] for item in study.strategy_items if item.id in event.answers]
    if not study.strategy_items or (event.channel is Channel.SMS and not found):
        return None
    return tuple(use for answer in found if isinstance(answer, tuple) for use in answer)


def absorb(
    state: State | None, events: Iterable[TimelineEvent], versions: Versions
) -> tuple[State, History, list[CheckInRecord]]:
    """Add events to the state.

    A repeated event counts as new, because the updates that it caused may have been lost.

    Returns:
        The new state, its history, and the check-ins whose indicators may have changed, by time.
    """
    asked = {
        prompt.id: prompt for entry in (state or {}).get("asked", []) if (prompt := PromptRecord(*entry))
    }
    answered = {
        checkin.id: checkin
        for entry in (state or {}).get("answered", [])
        if (checkin := CheckInRecord(*(*entry[:-1], _tuple(entry[-1]))))
    }
    news = [to_record(event, versions) for event in events]
    for record in news:
        if isinstance(record, PromptRecord):
            asked[record.id] = record
        else:
            answered[record.id] = _higher(answered.get(record.id), record)
    newest = max([prompt.at for prompt in asked.values()] + [c.at for c in answered.values()], default=0)
    oldest = newest - LONGEST_MS - REACH_MS - LATENESS_MS
    history = History.of(
        (prompt for prompt in asked.values() if prompt.at > oldest),
        (checkin for checkin in answered.values() if checkin.at > oldest),
    )
    times = [record.at for record in news]
    affected = [c for c in history.answered if any(at <= c.at < at + LONGEST_MS + REACH_MS for at in times)]
    fresh: State = {
        "asked": [list(vars(prompt).values()) for prompt in history.asked],
        "answered": [list(vars(checkin).values()) for checkin in history.known],
    }
    return fresh, history, affected


def _tuple(kept: list[str] | None) -> tuple[str, ...] | None:
    return None if kept is None else tuple(kept)


def _higher(known: CheckInRecord | None, new: CheckInRecord) -> CheckInRecord:
    if known is None or (new.version, new.event) >= (known.version, known.event):
        return new
    return known


def updates(
    participant: str, history: History, affected: Iterable[CheckInRecord], versions: Versions
) -> Iterator[IndicatorsUpdated]:
    """The indicators at each affected check-in."""
    for checkin in affected:
        yield IndicatorsUpdated(
            event_id=event_id("indicators", checkin.id),
            study=checkin.study,
            participant=participant,
            occurred_at=from_ms(checkin.at),
            recorded_at=from_ms(checkin.recorded),
            zone=checkin.zone,
            checkin=UUID(checkin.id),
            revision=known(history, checkin.at, LONGEST_MS + REACH_MS),
            values=rolling(history, versions, checkin),
        )


def batch(events: Iterable[TimelineEvent], versions: Versions) -> Iterator[IndicatorsUpdated]:
    """The final updates for all events, as `rebuild` computes them: the same functions, but no time limit."""
    asked: dict[str, dict[str, PromptRecord]] = defaultdict(dict)
    answered: dict[str, dict[str, CheckInRecord]] = defaultdict(dict)
    for event in events:
        record = to_record(event, versions)
        if isinstance(record, PromptRecord):
            asked[event.participant][record.id] = record
        else:
            own = answered[event.participant]
            own[record.id] = _higher(own.get(record.id), record)
    for participant in sorted(answered):
        history = History.of(asked[participant].values(), answered[participant].values())
        yield from updates(participant, history, history.answered, versions)
