"""Participants' whole records out of the store, ready for the catalogue."""

from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from schemas.base import Channel, Measure, PhaseKind
from schemas.study import Arm, Study
from schemas.study.versions import Versions
from streams.records.full_record import CheckIn, Prompt, Series
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
select participant, prompt_id, study, study_day, beep, scheduled_at, zone, checkin from prompt_outcomes
where split_part(study, '@', 1) = :study and status <> 'pending'
order by participant, study_day, beep, prompt_id"""
_CHECKINS = """
select d.checkin, d.participant, d.study, d.channel, d.study_day, d.prompted, c.language, c.started_at,
  c.occurred_at
from checkin_days d join checkins c on c.event_id = d.checkin
where split_part(d.study, '@', 1) = :study order by d.participant, d.occurred_at, d.checkin"""
_ANSWERS = """
select a.checkin, a.item, a.option, a.value from answers a join checkins c on c.event_id = a.checkin
where split_part(c.study, '@', 1) = :study order by a.checkin, a.item, a.option"""


def read_series(query: Query, study: Study, known: Versions) -> list[Series]:
    """The records of everybody in a study, by pseudonym; prompts that can still be answered are left out.

    Somebody who moved to another arm stays in the first one, with its phases: by intention to treat. Answers
    to a version of the study that asks a scale with other items, or on another scale, than its newest one
    are left out of that scale.

    Args:
        query: The store.
        study: Its newest definition. Answers to items that it does not have are left out.
        known: All its versions.
    """
    people = list(query(_PEOPLE, study=study.id).itertuples())
    arms = {row.participant: study.arm(row.arm) for row in people}
    checkins: dict[str, dict[str, CheckIn]] = defaultdict(dict)
    reader = _Answers(query, study, known)
    for row in query(_CHECKINS, study=study.id).itertuples():
        checkins[row.participant][row.checkin] = reader.checkin(row, arms.get(row.participant))
    prompts: dict[str, list[Prompt]] = defaultdict(list)
    for row in query(_PROMPTS, study=study.id).itertuples():
        # What is taken out here answers a prompt; what remains answers none.
        answer = checkins[row.participant].pop(row.checkin, None) if isinstance(row.checkin, str) else None
        scheduled = row.scheduled_at.to_pydatetime().astimezone(ZoneInfo(row.zone))
        once = known.once_a_day(row.study)
        prompts[row.participant].append(
            Prompt(row.prompt_id, int(row.study_day), int(row.beep), scheduled, answer, once)
        )
    return [
        Series.of(
            row.participant,
            arm.id if (arm := arms[row.participant]) else "",
            row.zone,
            prompts[row.participant],
            checkins[row.participant].values(),
        )
        for row in people
    ]


def phase_letter(arm: Arm | None, study_day: int) -> str:
    """The letter of the phase on a study day; Z outside all phases."""
    phase = arm.phase_on(study_day) if arm else None
    return PHASES[phase.kind] if phase else _AFTER


class _Answers:
    """The answers of every check-in of a study, and which of them its newest version asks alike."""

    def __init__(self, query: Query, study: Study, known: Versions) -> None:
        self._study, self._known = study, known
        self._numbers: dict[str, dict[str, float]] = defaultdict(dict)
        self._options: dict[str, list[str]] = defaultdict(list)
        self._chosen: dict[str, set[str]] = defaultdict(set)
        self._otherwise: dict[str, dict[str, set[str]]] = {}
        chosen = {
            (item.id, option.id): not option.exclusive
            for item in study.strategy_items
            for option in item.options
        }
        for row in query(_ANSWERS, study=study.id).itertuples():
            if row.option:
                self._chosen[row.checkin].add(row.item)
                if chosen.get((row.item, row.option)):
                    self._options[row.checkin].append(row.option)
            elif not pd.isna(row.value):
                self._numbers[row.checkin][row.item] = float(row.value)

    def checkin(self, row: Any, arm: Arm | None) -> CheckIn:
        """A check-in, from its row and the arm of its participant."""
        otherwise, numbers = self._asked_otherwise(row.study), self._numbers.get(row.checkin, {})
        answered = numbers.keys() | self._chosen.get(row.checkin, set())
        if row.channel != Channel.SMS:
            # A text asks for no strategies; where the form was sent, none chosen is an answer.
            answered |= {item.id for item in self._known[row.study].strategy_items}
        strategies = {item.id for item in self._study.strategy_items}
        return CheckIn(
            day=int(row.study_day),
            phase=phase_letter(arm, int(row.study_day)),
            submitted=row.occurred_at.to_pydatetime(),
            started=None if pd.isna(row.started_at) else row.started_at.to_pydatetime(),
            answers={
                item.id: numbers[item.id]
                for item in self._study.scales
                if item.id in numbers and (item.measures or item.id) not in otherwise
            },
            coping=tuple(self._options.get(row.checkin, ()))
            if answered & strategies and Measure.COPING_STRATEGY not in otherwise
            else None,
            prompted=bool(row.prompted),
            language=row.language or "",
            left_out=frozenset(scale for scale, items in otherwise.items() if answered & items),
        )

    def _asked_otherwise(self, ref: str) -> dict[str, set[str]]:
        """The scales that a version asks otherwise than the newest does, each with that version's items."""
        if ref not in self._otherwise:
            other, newest = self._known[ref], self._study.ref
            found: dict[str, set[str]] = {
                measure: {item.id for item in other.items_of(measure)}
                for measure in Measure
                if not self._known.alike(newest, ref, measure)
            }
            for item in self._study.scales:
                if item.measures is None and not self._known.scaled_alike(newest, ref, item.id):
                    found[item.id] = {item.id}
            self._otherwise[ref] = found
        return self._otherwise[ref]
