"""The view `scores` has the scores, and the rule on versions, of whole records; it centres on the person."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.study import Study
from streams.indicators.update import TimelineEvent
from streams.records.item_roles import Layout
from tests.examples import examples
from tests.made_events import START, own
from tests.streams.store.test_whole_records import STUDY, Kept, prompted, with_items

pytestmark = pytest.mark.slow  # a store in memory for each example takes seconds

NEWEST = with_items(STUDY, STUDY.version + 1, mood={"max": 100}, calm=None)
ITEMS = [item.id for item in NEWEST.scales]
ANSWERS = st.dictionaries(st.sampled_from(ITEMS), st.integers(0, 10), min_size=1)


@examples(10)
@given(st.lists(st.tuples(st.sampled_from([STUDY, NEWEST]), st.booleans(), ANSWERS), min_size=1, max_size=8))
def test_the_view_has_the_scores_of_the_record(made: list[tuple[Study, bool, dict[str, int]]]) -> None:
    heard: list[TimelineEvent] = []
    for day, (study, by_prompt, answers) in enumerate(made):
        at = START + timedelta(days=day, hours=1)
        heard += prompted(study, day, 1, **answers) if by_prompt else [own(study, at, **answers)]
    kept = Kept([STUDY, NEWEST], heard)
    (person,), layout = kept.series, Layout.of(NEWEST)
    scored = {name: person.scored(layout.scales[name]) for name in layout.scales}
    means = {name: math.fsum(score for _, score in own_) / len(own_) for name, own_ in scored.items() if own_}
    expected = sorted(
        (name, checkin.day, checkin.prompted, score, means[name], score - means[name])
        for name, own_ in scored.items()
        for checkin, score in own_
    )
    found = kept.query(
        "select measure, study_day, prompted, score, person_mean, centred from scores where study = 'demo'"
    )
    rows = sorted(tuple(row) for row in found.itertuples(index=False))
    assert [row[:3] for row in rows] == [row[:3] for row in expected]
    assert [row[3:] for row in rows] == [pytest.approx(row[3:], abs=1e-12) for row in expected]
