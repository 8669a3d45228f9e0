"""What a report observes: which check-ins, of which versions of a study, and when they were made."""

from collections.abc import Container
from datetime import date, timedelta
from typing import Any

import pytest

from schemas.base import CheckIns
from schemas.events import CheckInSubmitted, ParticipantEnrolled, PromptSent
from schemas.identity import event_id
from schemas.study import Study
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.indicators.update import batch
from streams.statistics.disclosure_control import Audience
from streams.statistics.rows import Row
from streams.statistics.wording import left_out as words
from streams.store.group_report import Wanted, group_report, reports_of
from streams.store.observations import left_out, observations
from streams.store.outcomes import Outcome, outcomes
from streams.store.projection import project, project_study
from streams.store.queries import StudyData
from streams.store.schema import Rows
from streams.store.writer import asking, open_store, write
from tests.conftest import DEMO
from tests.dashboard.conftest import NOW, File

OLD = load_study(DEMO)
STRESS = Outcome("Stress", "mean", "stress")
EFFICACY = next(one for one in outcomes(OLD) if one.name == "coping_efficacy")
COMPLIANCE = next(one for one in outcomes(OLD) if one.name == "compliance")
BEGAN = NOW - timedelta(days=56)
DAYS = 28
CHANGED_ON = 14


def rescaled(study: Study) -> Study:
    """The next version, which asks how stressed people feel from 0 to 100."""
    items = tuple(
        item.model_copy(update={"scale": item.scale.model_copy(update={"max": 100})})
        if item.id == "stress"
        else item
        for item in study.scales
    )
    changed = {item.id: item for item in items}
    return study.model_copy(
        update={
            "version": study.version + 1,
            "items": tuple(changed.get(item.id, item) for item in study.items),
        }
    )


NEW = rescaled(OLD)
KNOWN = Versions([OLD, NEW])


def answered(who: int, day: int, study: Study, **extra: Any) -> CheckInSubmitted:
    worst = 100 if study is NEW else 10
    at = BEGAN + timedelta(days=day)
    return CheckInSubmitted.model_validate(
        {
            "event_id": event_id("answer", str(who), str(day), *extra), "study": study.ref,
            "participant": f"p-{who:016d}", "zone": "UTC", "occurred_at": at, "recorded_at": at,
            "channel": "web", "language": "en",
            "answers": {
                "mood": 3 + (day + who) % 4, "stress": worst * (6 + (day + who) % 3) // 10, "handled": 5
            },
        } | extra
    )  # fmt: skip


def filled(people: int = 10, unasked: Container[int] = range(99)) -> Rows:
    """Four weeks of answers to a prompt a day, of some unasked every other day; the scale changes midway."""
    rows: Rows = {}
    heard: list[PromptSent | CheckInSubmitted] = []
    for who in range(people):
        common = {"participant": f"p-{who:016d}", "zone": "UTC", "recorded_at": BEGAN, "occurred_at": BEGAN}
        enrolled = common | {
            "event_id": event_id("enrolled", str(who)), "study": NEW.ref,
            "arm": ("cbt", "community")[who % 2], "language": "en",
            "start_date": date(BEGAN.year, BEGAN.month, BEGAN.day),
        }  # fmt: skip
        for table, found in project(ParticipantEnrolled.model_validate(enrolled)).items():
            rows.setdefault(table, []).extend(found)
        for day in range(DAYS):
            study, at = NEW if day >= CHANGED_ON else OLD, BEGAN + timedelta(days=day)
            prompt = common | {
                "event_id": event_id("asked", str(who), str(day)), "study": study.ref, "channel": "web",
                "occurred_at": at, "recorded_at": at, "scheduled_at": at, "study_day": day + 1, "beep": 1,
                "expires_at": at + timedelta(hours=2),
            }  # fmt: skip
            heard += [PromptSent.model_validate(prompt), answered(who, day, study)]
            if day % 2 and who in unasked:
                later = at + timedelta(hours=6)
                heard.append(answered(who, day, study, occurred_at=later, recorded_at=later))
    for study in (OLD, NEW):
        for table, found in project_study(study).items():
            rows.setdefault(table, []).extend(found)
    for event in (*heard, *batch(heard, KNOWN)):
        for table, found in project(event).items():
            rows.setdefault(table, []).extend(found)
    return rows


@pytest.fixture(scope="module")
def data() -> StudyData:
    store = open_store(":memory:")
    write(store, filled(), {})
    return StudyData(File(store))


def seen(data: StudyData, outcome: Outcome, checkins: CheckIns = CheckIns.BOTH) -> list[Row]:
    return observations(data._source.query, NEW, KNOWN, outcome, checkins)


def test_a_changed_scale_is_not_pooled_in_scores_nor_in_weekly_values(data: StudyData) -> None:
    for outcome in (STRESS, EFFICACY):
        found = seen(data, outcome)
        assert found
        assert min(row.day for row in found) > CHANGED_ON
    assert min(row.value for row in seen(data, STRESS)) >= 60
    assert min(row.day for row in seen(data, COMPLIANCE)) <= CHANGED_ON


def test_a_report_says_what_it_leaves_out(data: StudyData) -> None:
    query = data._source.query
    made = group_report(query, NEW, KNOWN, Wanted(models=False), [STRESS])
    stress = made.of(STRESS.name)
    assert stress.left_out is not None
    assert (stress.left_out.checkins, stress.left_out.versions) == (10 * (14 + 7), (OLD.ref,))
    assert made.of("mean/valence").left_out is None
    assert made.of("compliance").left_out is None
    (sentence,) = words(made.outcomes)
    assert sentence.startswith(f"210 check-ins of {OLD.ref} left out of mean/stress, coping_efficacy")
    for table in (stress.weeks, stress.changes, stress.contrasts):
        for row in stress.table(table):
            assert (row["checkins_left_out"], row["versions_left_out"]) == (210, OLD.ref)
    public = left_out(query, NEW, KNOWN, STRESS, audience=Audience.PUBLIC)
    assert public is not None
    assert public.checkins == 210


def test_check_ins_of_few_people_are_not_counted() -> None:
    store = open_store(":memory:")
    write(store, filled(4), {})
    found = left_out(asking(store), NEW, KNOWN, STRESS)
    assert found is not None
    assert (found.checkins, found.versions) == (None, (OLD.ref,))


def test_prompted_check_ins_and_those_on_own_initiative_add_up_to_both(data: StudyData) -> None:
    mood = Outcome("Mood", "mean", "valence")
    both, prompted, own = (seen(data, mood, kind) for kind in (CheckIns.BOTH, *list(CheckIns)[:2]))
    assert (len(prompted), len(own)) == (10 * 28, 10 * 14)
    key = [(row.participant, row.time, row.value) for row in (*prompted, *own)]
    assert sorted(key) == sorted((row.participant, row.time, row.value) for row in both)
    assert {round(row.time % 1, 6) for row in prompted} == {NOW.hour / 24}
    assert {round(row.time % 1, 6) for row in own} == {round((NOW.hour + 6) / 24, 6)}


def test_the_store_keeps_a_report_of_each_kind_of_check_ins(data: StudyData) -> None:
    made = reports_of(data._source.query, NEW, KNOWN, models=False)
    assert [one.plan.checkins for one in made] == [
        CheckIns.BOTH, CheckIns.PROMPTED, CheckIns.OWN_INITIATIVE
    ]  # fmt: skip
    rows = [row for one in made for row in one.of("mean/valence").table(one.of("mean/valence").weeks)]
    assert {row["checkins"] for row in rows} == {"both", "prompted", "own_initiative"}
    assert len({one.contrast_family.name for one in made}) == 1


def test_a_persons_course_has_no_values_of_another_scale(data: StudyData) -> None:
    course = data.course("p-0000000000000000", STRESS)
    assert len(course)
    assert course["at"].min() >= (BEGAN + timedelta(days=CHANGED_ON)).replace(tzinfo=None)
