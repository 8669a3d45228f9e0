"""Every page with data, without data, and without a store: never a traceback."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard.charts import checkins, contrasts, groups, person
from dashboard.charts.phases import phase_frame
from producers.simulator.people import gain
from schemas.events import MessageClassified, MessageReceived
from schemas.identity import event_id
from schemas.sealing import new_key, seal
from streams.store.outcomes import outcomes
from streams.store.projection import project, project_study
from streams.store.queries import Operations, Outcome, StudyData
from streams.store.schema import Rows
from streams.store.writer import open_store, write
from tests.dashboard.conftest import NOW, STUDY, File

pytestmark = pytest.mark.slow  # a simulated study in DuckDB takes seconds

PAGES = sorted((Path(dashboard.__file__).parent / "views").glob("*.py"))
MOOD = Outcome("Mood (valence)", "mean", "valence")
APP = Path(dashboard.__file__).parent / "app.py"


def run(path: Path) -> AppTest:
    return AppTest.from_file(str(path), default_timeout=60).run()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
@pytest.mark.parametrize("what", ["full", "empty"])
def test_a_page_shows(page: Path, what: str, show: Any) -> None:
    show(what)
    shown = run(page)
    assert not shown.exception
    assert shown.title[0].value == page.stem.capitalize()
    if what == "empty" and page.stem != "operations":
        assert "wellstream demo" in shown.info[0].value


@pytest.mark.usefixtures("nobody_is_asked")
def test_a_store_that_is_away_is_one_sentence(show: Any) -> None:
    show("away")
    shown = run(APP)
    assert not shown.exception
    assert "does not answer" in " ".join(box.value for box in shown.warning)


def test_the_change_that_the_simulator_drew_is_found(full: File) -> None:
    found = {(one.arm, one.phase): one for one in StudyData(full).report().of(MOOD.name).changes}
    for arm in STUDY.arms:
        after = found[arm.id, "follow-up"]
        days = range(arm.days - 13, arm.days + 1)
        truth = sum(gain(STUDY, arm.id, day) for day in days) / len(days)
        assert after.interval is not None
        assert after.interval.low - 0.25 <= truth <= after.interval.high + 0.25, arm.id
        assert after.people == 10


def test_compliance_of_the_arms_is_a_share(full: File) -> None:
    arms = StudyData(full).arms()
    assert list(arms["people"]) == [10, 10, 10, 30]
    assert arms["compliance"].between(0.3, 0.95).all()


def test_what_the_store_knows_adds_up(full: File) -> None:
    found = Operations(full).reconciliation()
    assert found["accepted"] == found["stored"] + found["quarantined"]


def test_a_command_is_not_on_the_way_for_ever() -> None:
    store, rows = open_store(":memory:"), project_study(STUDY)
    for name, meaning in (("help", "help"), ("stop", "opt_out"), ("7 3", "unclear")):
        common = {
            "study": STUDY.ref, "participant": "p-0123456789abcdef", "zone": "Europe/Brussels",
            "occurred_at": NOW, "recorded_at": NOW,
        }  # fmt: skip
        name_of_it = event_id("came", name)
        sealed = seal(new_key(), name, topic="t", participant="p-0123456789abcdef", event_id=name_of_it)
        text = {"provider": "twilio", "provider_message_id": name, "language": "en", "text": sealed}
        came = MessageReceived.model_validate(common | text | {"event_id": name_of_it})
        read = {"event_id": event_id("read", name), "cause": came.event_id, "intent": meaning}
        for event in (came, MessageClassified.model_validate(common | read)):
            for table, found in project(event).items():
                rows.setdefault(table, []).extend(found)
    write(store, rows, {("inbound.messages.v1", 0): 3})
    assert Operations(File(store)).reconciliation() == {"accepted": 3, "stored": 2, "quarantined": 0}


def test_a_weekly_mean_is_that_of_the_check_ins_of_the_week(full: File) -> None:
    cell = next(one for one in StudyData(full).weeks(MOOD).weeks if (one.arm, one.week) == ("cbt", 3))
    by_hand = full.query(
        "with own as (select d.participant, avg(a.value) as mean from answers a "
        "join checkin_days d on d.checkin = a.checkin where a.item = 'mood' and d.arm = 'cbt' "
        "and d.study_day between 15 and 21 group by 1) select avg(mean) as mean from own"
    )
    assert cell.mean == pytest.approx(by_hand["mean"][0])


def test_only_what_the_study_measures_can_be_chosen(full: File, empty: File) -> None:
    assert len(StudyData(full).outcomes()) == len(outcomes(STUDY))
    mood = STUDY.model_copy(update={"items": STUDY.items[:1]})
    assert [one.name for one in outcomes(mood)] == ["mean/valence", "rmssd/valence", "compliance"]
    assert len({one.name for one in outcomes(STUDY)}) == len(outcomes(STUDY))
    assert StudyData(empty).outcomes() == []


def test_other_studies_do_not_show(simulated: Rows) -> None:
    store = open_store(":memory:")
    tables = ("studies", "enrolments", "checkin_versions")
    write(store, {table: simulated[table] for table in tables}, {})
    store.execute("update enrolments set study = 'other@1' where participant = 'p-0000000000000000'")
    other = STUDY.model_copy(update={"id": "other", "version": 1})
    write(store, project_study(other), {})
    data = StudyData(File(store))
    assert data.studies() == ["demo", "other"]
    assert data.arms().iloc[-1]["people"] == 29
    assert data.of_study("other").participants() == ["p-0000000000000000"]
    assert data.of_study("other").arms()[["people", "checkins", "compliance"]].isna().all(axis=None)


def test_somebody_quiet_is_said_to_be_quiet(show: Any) -> None:
    show("full")
    shown = run(APP.parent / "views" / "participant.py")
    assert any("No data for" in box.value for box in shown.info)


@pytest.mark.usefixtures("nobody_is_asked")
def test_a_missing_token_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WELLSTREAM_STORE_TOKEN", raising=False)
    shown = run(APP)
    assert not shown.exception
    assert "WELLSTREAM_STORE_TOKEN" in shown.error[0].value


def test_every_chart_has_a_description_with_its_numbers(full: File) -> None:
    data = StudyData(full)
    made, who, arm = data.report(), data.participants()[0], STUDY.arms[0]
    weekly, mood = data.weeks(MOOD), made.of(MOOD.name)
    weeks = groups.frame(weekly.table(weekly.weeks))
    compared = contrasts.contrast_frame(made, STUDY, data.outcomes())
    course = person.broken_at_gaps(data.course(who, MOOD))
    drawn = [
        checkins.per_day(data.per_day()),
        groups.arm_course(weeks[weeks["arm"] == arm.id], arm, STUDY, 0, "points", (0, 10)),
        groups.changes(groups.frame(mood.table(mood.changes)), STUDY, "points"),
        contrasts.forest(compared[compared["phase"] == "follow-up"], STUDY),
        person.person_course(course, pd.DataFrame(), phase_frame(arm, STUDY), "points"),
        person.compliance_strip(data.prompts(who)),
    ]
    for chart in drawn:
        assert any(letter.isdigit() for letter in chart.to_dict()["description"])


def test_a_call_for_help_stands_on_top_with_a_link_to_the_person(simulated: Rows, show: Any) -> None:
    show("calling")
    for page in ("overview", "operations"):
        shown = run(APP.parent / "views" / f"{page}.py")
        assert not shown.exception
        (call,) = shown.error
        assert "1 participant calls for help" in call.value
        assert "(participant?participant=p-0000000000000001)" in call.value
        assert "en-5" not in call.value
    assert "p-0000000000000002" in str(shown.table[0].value)
    assert "agreed on a visit" in str(shown.table[0].value)
