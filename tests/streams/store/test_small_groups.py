"""What pages and reports show of few people: nothing, nor what would let them be worked out."""

from typing import Any

import pytest

from schemas.base import CheckIns, PhaseKind
from streams.statistics.arm_changes import PhaseChange
from streams.statistics.plan import ALL_ARMS
from streams.store.group_report import Wanted, group_report, week_report
from streams.store.observations import left_out
from streams.store.outcomes import Outcome
from streams.store.queries import StudyData
from streams.store.trends import trends_of
from streams.store.writer import asking, open_store, write
from tests.dashboard.conftest import File
from tests.streams.store.test_observations import EFFICACY, KNOWN, NEW, STRESS, filled

ONE_WHO_WRITES_UNASKED = 0
"""In the arm cbt, with nine others; nobody does so in the arm community."""
MOOD = Outcome("Mood", "mean", "valence")


@pytest.fixture(scope="module")
def query() -> Any:
    store = open_store(":memory:")
    write(store, filled(20, unasked=(ONE_WHO_WRITES_UNASKED,)), {})
    return asking(store)


@pytest.mark.parametrize("outcome", [MOOD, STRESS, EFFICACY])
def test_what_one_person_sent_unasked_does_not_follow_from_the_weeks(query: Any, outcome: Outcome) -> None:
    both, prompted, own = (
        {(cell.arm, cell.week): cell for cell in week_report(query, NEW, KNOWN, Wanted(kind), outcome).weeks}
        for kind in (CheckIns.BOTH, CheckIns.PROMPTED, CheckIns.OWN_INITIATIVE)
    )
    assert all(cell.people for (arm, _), cell in both.items() if arm in ("cbt", "community", None))
    for arm in ("cbt", None):
        cells = [cell for (name, _), cell in prompted.items() if name == arm]
        assert cells
        assert {cell.mean for cell in cells} == {cell.people for cell in cells} == {None}
    assert {cell.mean for cell in own.values() if cell.arm in ("cbt", None)} <= {None}
    assert all(prompted["community", week].mean is not None for arm, week in prompted if arm == "community")


def changes(query: Any, kind: CheckIns) -> dict[str | None, PhaseChange]:
    made = group_report(query, NEW, KNOWN, Wanted(kind, models=False), []).of("mean/valence")
    return {one.arm: one for one in made.changes if one.kind == PhaseKind.INTERVENTION}


def test_nor_from_the_changes(query: Any) -> None:
    whole, prompted = changes(query, CheckIns.BOTH), changes(query, CheckIns.PROMPTED)
    assert whole["cbt"].people == whole["community"].people == prompted["community"].people == 10
    assert prompted["cbt"].people is prompted["cbt"].left_out is prompted[None].people is None


def test_nor_from_the_trends(query: Any) -> None:
    whole, prompted = (
        {one.arm: one for one in trends_of(query, NEW, KNOWN, checkins=kind) if one.outcome == "item/mood"}
        for kind in (CheckIns.BOTH, CheckIns.PROMPTED)
    )
    assert whole["cbt"].n
    assert prompted["community"].n
    assert prompted["cbt"].n is prompted[ALL_ARMS].n is None


def test_nor_from_what_is_left_out(query: Any) -> None:
    counts = [left_out(query, NEW, KNOWN, STRESS, kind) for kind in (CheckIns.BOTH, CheckIns.PROMPTED)]
    assert [one.checkins if one else None for one in counts] == [20 * 14 + 7, None]


def keeping(rows: Any, sender: Any) -> File:
    """A store of twenty people in which only some check-ins are left."""
    store = open_store(":memory:")
    write(store, rows, {})
    store.execute(f"delete from checkin_versions where not ({sender})")
    return File(store)


def test_an_arm_of_many_of_whom_few_answered_shows_no_counts() -> None:
    few = keeping(filled(20), "participant in ('p-0000000000000000', 'p-0000000000000002') or "
                  "cast(substr(participant, 3) as int) % 2 = 1")  # fmt: skip
    arms = StudyData(few).arms().set_index("arm")
    assert list(arms["people"]) == [10, 10, 20]
    assert arms["checkins"].isna().tolist() == [True, True, False]
    assert arms["hidden"].tolist() == [True, True, False]


def test_one_person_on_many_days_stays_one_person() -> None:
    """The total less the bars that are shown would be that person's check-ins."""
    lonely = keeping(filled(20), "participant = 'p-0000000000000000' or occurred_at < "
                     "(select min(occurred_at) + interval 10 day from checkin_versions)")  # fmt: skip
    bars = StudyData(lonely).per_day()
    shown = bars["checkins"].notna()
    people = lonely.query(
        "select local_date as day, count(distinct participant) as people from checkin_days group by 1"
    )
    hidden = people[people["day"].isin(bars["day"][~shown])]
    assert (hidden["people"] >= 5).sum() == 1
    assert (hidden["people"] < 5).sum() > 5
