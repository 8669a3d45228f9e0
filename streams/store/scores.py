"""A measure at each check-in, as group statistics start from it."""

from collections.abc import Iterable

from schemas.base import Measure
from schemas.study import Study
from streams.records.full_record import Series
from streams.statistics.rows import Row


def rows_of(people: Iterable[Series], study: Study, measure: Measure) -> list[Row]:
    """The mean of the measure's items at each check-in that has one, in order of prompts.

    People whose arm the study does not have are left out.
    """
    items = [item.id for item in study.items_of(measure)]
    return [
        Row(series.participant, series.arm, prompt.phase, prompt.scheduled.date(), sum(own) / len(own))
        for series in people
        if study.arm(series.arm) is not None
        for prompt in series.answered
        if (own := [prompt.answers[item] for item in items if item in prompt.answers])
    ]
