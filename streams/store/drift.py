"""Are the live values those of a replay? A sample of people, computed anew from what is stored."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pandas as pd

from schemas.base import Channel
from schemas.events import CheckInSubmitted, PromptSent
from schemas.study import Study
from schemas.study.versions import Versions
from streams.indicators.update import TimelineEvent, batch
from streams.store.definitions import Query

_SAMPLE = 20

_PEOPLE = """
select participant from participants where split_part(study, '@', 1) = :study
order by md5(participant || :salt) limit :most"""
_PROMPTS = "select * from prompts where list_contains(:people, participant)"
_CHECKINS = "select * from checkins where list_contains(:people, participant)"
_ANSWERS = """
select checkin, item, option, value from answers where list_contains(:people, participant)
order by checkin, item, option"""
_LIVE = """
select checkin, indicator, scale, window_length, value, n, n_pairs, reason, notes from indicators
where list_contains(:people, participant)"""

Place = tuple[str, str, str, str]
"""Check-in, indicator, scale and window."""
Values = dict[Place, tuple[Any, ...]]


@dataclass(frozen=True)
class Drift:
    """The outcome of a comparison.

    Attributes:
        checked_at: When.
        participants: How many people were compared.
        compared: How many values.
        different: Which are not the same, to the last bit. Some may only be in transit: see `still`.
    """

    checked_at: datetime
    participants: int
    compared: int
    different: frozenset[Place]

    def still(self, later: "Drift") -> "Drift":
        """What differed before and still does; values in transit have arrived since."""
        return replace(later, different=self.different & later.different)


def drift_of(query: Query, study: Study, versions: Versions, at: datetime) -> Drift:
    """Compare the stored live values of up to twenty people, another choice every day, with a replay."""
    people = list(query(_PEOPLE, study=study.id, salt=at.date().isoformat(), most=_SAMPLE)["participant"])
    if not people:
        return Drift(at, 0, 0, frozenset())
    heard = [event for event in _heard(query, people) if event.study in versions]
    replayed = {
        (str(update.checkin), v.indicator, v.scale, v.window.value): _exact(
            v.value, v.n, v.n_pairs, v.reason.value if v.reason else None, ",".join(v.notes or ()) or None
        )
        for update in batch(heard, versions)
        for v in update.values
    }
    live = _live(query, people)
    changed = {place for place, value in replayed.items() if live.get(place) != value}
    return Drift(at, len(people), len(replayed), frozenset(changed | (live.keys() - replayed.keys())))


def _live(query: Query, people: list[str]) -> Values:
    return {
        (row.checkin, row.indicator, row.scale, row.window_length): _exact(
            row.value, row.n, row.n_pairs, row.reason, row.notes
        )
        for row in query(_LIVE, people=people).itertuples()
    }


def _exact(value: Any, n: Any, n_pairs: Any, reason: Any, notes: Any) -> tuple[Any, ...]:
    """A row with absent things as None, whatever the data frame calls them."""
    return tuple(None if pd.isna(part) else part for part in (value, n, n_pairs, reason, notes))


def _heard(query: Query, people: list[str]) -> Iterator[TimelineEvent]:
    for row in query(_PROMPTS, people=people).itertuples():
        yield PromptSent.model_construct(
            event_id=UUID(row.prompt_id), study=row.study, participant=row.participant, zone=row.zone,
            occurred_at=row.sent_at.to_pydatetime(), recorded_at=row.sent_at.to_pydatetime(),
            scheduled_at=row.scheduled_at.to_pydatetime(), expires_at=row.expires_at.to_pydatetime(),
            channel=Channel(row.channel), study_day=int(row.study_day), beep=int(row.beep),
        )  # fmt: skip
    answers: dict[str, dict[str, Any]] = {}
    for row in query(_ANSWERS, people=people).itertuples():
        own = answers.setdefault(row.checkin, {})
        if row.option:
            own[row.item] = (*own.get(row.item, ()), row.option)
        elif not pd.isna(row.value):
            own[row.item] = float(row.value)
    for row in query(_CHECKINS, people=people).itertuples():
        yield CheckInSubmitted.model_construct(
            event_id=UUID(row.event_id), version=int(row.version), study=row.study, zone=row.zone,
            participant=row.participant, channel=Channel(row.channel), language=row.language,
            occurred_at=row.occurred_at.to_pydatetime(), recorded_at=row.recorded_at.to_pydatetime(),
            prompt_id=UUID(row.prompt_id) if isinstance(row.prompt_id, str) else None,
            late_for=UUID(row.late_for) if isinstance(row.late_for, str) else None,
            answers=answers.get(row.event_id, {}),
        )  # fmt: skip
