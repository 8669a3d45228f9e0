"""The answers to the items of one measure, check-in by check-in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import pandas as pd

from schemas.base import Measure
from schemas.study import Study
from schemas.study.versions import Versions
from streams.records.pairs import Place
from streams.records.scores import score
from streams.store.definitions import Query, asked_alike

_ANSWERS = """
select d.participant, d.checkin, d.occurred_at, o.study, o.study_day, o.beep, a.item, a.value
from answers a
join checkin_days d on d.checkin = a.checkin
left join (select checkin, study, study_day, beep from prompt_outcomes where checkin is not null) o
  on o.checkin = a.checkin
where list_contains(:items, a.item) and a.option = '' and a.value is not null
  and list_contains(:refs, d.study)
order by d.participant, d.occurred_at, d.checkin, a.item"""


@dataclass(frozen=True)
class Answered:
    """A check-in at which a measure was answered.

    Attributes:
        participant: Whose it is.
        at: When it was made.
        prompt: The place of the prompt that it answers; None if it answers none.
        answers: Numbers by item.
        items: All items of the measure.
    """

    participant: str
    at: datetime
    prompt: Place | None
    answers: Mapping[str, float]
    items: tuple[str, ...]

    @property
    def score(self) -> float:
        """The measure's score."""
        found = score(self.answers, self.items)
        assert found is not None, "the store gave a check-in without answers"  # noqa: S101
        return found

    @property
    def complete(self) -> tuple[float, ...] | None:
        """The answers in the order of the items; None if one is missing."""
        if len(self.answers) < len(self.items):
            return None
        return tuple(self.answers[item] for item in self.items)


def answered(query: Query, study: Study, known: Versions, measure: Measure) -> Iterator[Answered]:
    """Every check-in with an answer to a measure, by participant and time.

    Only of versions of the study that ask it as the newest does: with the same items on the same scales.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        measure: One that is asked on scales.
    """
    items, refs = asked_alike(known, study, measure)
    found = query(_ANSWERS, items=items, refs=refs).itertuples()
    for _, rows in groupby(found, key=lambda row: row.checkin):
        own = list(rows)
        first: Any = own[0]
        yield Answered(
            participant=first.participant,
            at=first.occurred_at.to_pydatetime(),
            prompt=_place(first, known),
            answers={row.item: float(row.value) for row in own},
            items=tuple(items),
        )


def _place(row: Any, known: Versions) -> Place | None:
    if pd.isna(row.beep):
        return None
    return Place(int(row.study_day), int(row.beep), known.once_a_day(row.study))
