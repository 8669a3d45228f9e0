"""Participants' whole records out of the store, ready for the catalogue."""

from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from schemas.base import PhaseKind
from schemas.study import Arm, Study, options_of
from streams.records.full_record import Prompt, Series
from streams.store.definitions import Query

PHASES = {
    PhaseKind.BASELINE: "A",
    PhaseKind.INTERVENTION: "B",
    PhaseKind.WASHOUT: "C",
    PhaseKind.FOLLOW_UP: "D",
}
"""The letters that the catalogue knows phases by."""

_AFTER = "Z"

_PEOPLE = """
select participant, first_arm as arm, zone from participants
where split_part(study, '@', 1) = :study order by participant"""
_PROMPTS = """
select o.participant, o.prompt_id, o.study_day, o.beep, o.scheduled_at, o.zone, o.checkin, c.channel,
  c.started_at, c.occurred_at
from prompt_outcomes o left join checkins c on c.event_id = o.checkin
where split_part(o.study, '@', 1) = :study and (o.status <> 'pending')
order by o.participant, o.study_day, o.beep, o.prompt_id"""
_ANSWERS = """
select a.checkin, a.item, a.option, a.value from answers a join checkins c on c.event_id = a.checkin
where split_part(c.study, '@', 1) = :study order by a.checkin, a.item, a.option"""


def read_series(query: Query, study: Study) -> list[Series]:
    """The records of everybody in a study, by pseudonym; prompts that can still be answered are left out.

    Somebody who moved to another arm stays in the first one, with its phases: by intention to treat.

    Args:
        query: The store.
        study: Its newest definition. Answers to items that it does not have are left out.
    """
    numbers, options = _answers(query, study)
    prompts: dict[str, list[Prompt]] = defaultdict(list)
    people = list(query(_PEOPLE, study=study.id).itertuples())
    arms = {row.participant: study.arm(row.arm) for row in people}
    zones = {row.participant: row.zone for row in people}
    for row in query(_PROMPTS, study=study.id).itertuples():
        answered = isinstance(row.checkin, str)
        prompts[row.participant].append(
            Prompt(
                id=row.prompt_id,
                day=int(row.study_day),
                beep=int(row.beep),
                phase=phase_letter(arms.get(row.participant), int(row.study_day)),
                scheduled=row.scheduled_at.to_pydatetime().astimezone(ZoneInfo(row.zone)),
                answered=answered,
                started=_moment(row.started_at),
                submitted=_moment(row.occurred_at),
                answers=numbers.get(row.checkin, {}) if answered else {},
                # A text asks for no strategies; where the form was sent, none chosen is an answer.
                coping=tuple(options.get(row.checkin, ())) if answered and row.channel != "sms" else None,
            )
        )
    return [
        Series.of(who, arm.id if arm else "", zones[who], prompts[who]) for who, arm in sorted(arms.items())
    ]


def phase_letter(arm: Arm | None, study_day: int) -> str:
    """The letter of the phase on a study day; Z outside all phases."""
    phase = arm.phase_on(study_day) if arm else None
    return PHASES[phase.kind] if phase else _AFTER


def _answers(query: Query, study: Study) -> tuple[dict[str, dict[str, float]], dict[str, list[str]]]:
    numbers: dict[str, dict[str, float]] = defaultdict(dict)
    options: dict[str, list[str]] = defaultdict(list)
    scales = {item.id for item in study.scales}
    exclusive = {(i.id, option.id) for i in study.items for option in options_of(i) if option.exclusive}
    for row in query(_ANSWERS, study=study.id).itertuples():
        if row.option:
            if (row.item, row.option) not in exclusive:
                options[row.checkin].append(row.option)
        elif row.item in scales and not pd.isna(row.value):
            numbers[row.checkin][row.item] = float(row.value)
    return numbers, options


def _moment(value: Any) -> Any:
    return None if pd.isna(value) else value.to_pydatetime()
