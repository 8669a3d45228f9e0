"""Alerts about whole records: raised on the data as they are, superseded when later data differ."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from schemas.events import AlertRaised, AlertSuperseded
from schemas.identity import event_id
from schemas.study import Study
from streams.records.full_record import Series
from streams.records.item_roles import Layout
from streams.safety.rules import record_alarms

Key = tuple[str, str, int]
"""Participant, chart and study day."""


@dataclass(frozen=True)
class Raised:
    """An alert that was raised before.

    Attributes:
        id: Its `event_id`.
        key: What it is about.
        holds: Whether nothing has superseded it.
    """

    id: UUID
    key: Key
    holds: bool


def follow(
    people: Iterable[Series], study: Study, before: Iterable[Raised], at: datetime
) -> list[AlertRaised | AlertSuperseded]:
    """The changes since the last time: new alerts, and those that no longer hold.

    Args:
        people: The records as they are now.
        study: Their study.
        before: Every alert of these people that was ever raised.
        at: Now.
    """
    layout = Layout.of(study)
    history: dict[Key, list[Raised]] = {}
    for one in before:
        history.setdefault(one.key, []).append(one)
    now: dict[Key, float] = {}
    zones: dict[str, str] = {}
    for series in people:
        zones[series.participant] = series.zone
        for alarm in record_alarms(series, layout):
            now[series.participant, alarm.chart, alarm.day] = alarm.value
    raised = [
        _raised(key, value, study, layout, zones, len(history.get(key, [])), at)
        for key, value in sorted(now.items())
        if not any(one.holds for one in history.get(key, []))
    ]
    over = [
        _superseded(one, study, zones, at)
        for key, ones in sorted(history.items())
        for one in ones
        if one.holds and key not in now and key[0] in zones
    ]
    return [*raised, *over]


def _raised(
    key: Key, value: float, study: Study, layout: Layout, zones: Mapping[str, str], turn: int, at: datetime
) -> AlertRaised:
    who, chart, day = key
    return AlertRaised(
        event_id=event_id("alert", study.id, who, layout.main, chart, str(day), str(turn)),
        study=study.ref,
        participant=who,
        occurred_at=at,
        recorded_at=at,
        zone=zones[who],
        chart=chart,
        item=layout.main,
        study_day=day,
        value=value,
    )


def _superseded(one: Raised, study: Study, zones: Mapping[str, str], at: datetime) -> AlertSuperseded:
    return AlertSuperseded(
        event_id=event_id("superseded", str(one.id)),
        study=study.ref,
        participant=one.key[0],
        occurred_at=at,
        recorded_at=at,
        zone=zones[one.key[0]],
        alert=one.id,
    )
