"""Every page with data, without data, and without a store: never a traceback."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import charts
from producers.simulator.people import gain
from schemas.events import MessageClassified, MessageReceived
from schemas.identity import event_id
from schemas.sealing import new_key, seal
from streams.store.projection import project, project_study
from streams.store.queries import CHOICES, Data, arm_weeks, changes
from streams.store.writer import open_store, write
from tests.dashboard.conftest import NOW, STUDY, File, simulated_rows

PAGES = sorted((Path(dashboard.__file__).parent / "views").glob("*.py"))
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


def test_a_store_that_is_away_is_one_sentence(show: Any) -> None:
    show("away")
    shown = run(APP)
    assert not shown.exception
    assert "does not answer" in " ".join(box.value for box in shown.warning)


def test_the_change_that_the_simulator_drew_is_found(full: Data) -> None:
    found = changes(full.weekly(CHOICES[0]), STUDY)
    for arm in STUDY.arms:
        after = found[(found["arm"] == arm.id) & (found["phase"] == "follow-up")].iloc[0]
        days = range(arm.days - 13, arm.days + 1)
        truth = sum(gain(STUDY, arm.id, day) for day in days) / len(days)
        assert after["low"] - 0.25 <= truth <= after["high"] + 0.25, arm.id
        assert after["n"] == 10


def test_compliance_of_the_arms_is_a_share(full: Data) -> None:
    arms = full.arms()
    assert list(arms["people"]) == [10, 10, 10]
    assert arms["compliance"].between(0.3, 0.95).all()


def test_what_the_store_knows_adds_up(full: Data) -> None:
    found = full.reconciliation()
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
    assert Data(File(store)).reconciliation() == {"accepted": 3, "stored": 2, "quarantined": 0}


def test_a_weekly_mean_is_that_of_the_answers_of_the_week(full: Data) -> None:
    weekly = full.weekly(CHOICES[0])
    row = weekly.iloc[len(weekly) // 2]
    by_hand = full._source.query(
        "select avg(a.value) as mean from answers a join checkin_days d on d.checkin = a.checkin "
        "where a.item = 'mood' and d.participant = :who and d.study_day between :first and :last",
        who=row["participant"],
        first=7 * int(row["week"]) - 6,
        last=7 * int(row["week"]),
    )
    assert row["value"] == pytest.approx(by_hand["mean"][0])


def test_only_what_the_study_has_can_be_chosen(full: Data, empty: Data) -> None:
    titles = [choice.title for choice in full.choices()]
    assert "Mood (valence)" in titles
    assert "Resilience" not in titles
    assert empty.choices() == list(CHOICES)


def test_four_people_are_not_shown() -> None:
    weekly = pd.DataFrame(
        [("cbt", f"p-{n}", 1, 5.0) for n in range(4)] + [("community", f"q-{n}", 1, n) for n in range(5)],
        columns=["arm", "participant", "week", "value"],
    )
    found = arm_weeks(weekly).set_index("arm")
    assert np.isnan(found.loc["cbt", "mean"])
    assert found.loc["cbt", "n"] == 4
    assert found.loc["community", "mean"] == 2


def test_small_arms_and_other_studies_do_not_show() -> None:
    store = open_store(":memory:")
    write(store, simulated_rows(12), {})
    store.execute("update enrolments set study = 'other@1' where participant = 'p-0000000000000000'")
    data = Data(File(store))
    assert data.studies() == ["demo", "other"]
    assert sum(data.arms()["people"]) == 11
    assert data.arms()["compliance"].isna().all()
    assert data.of_study("other").participants() == ["p-0000000000000000"]
    assert data.of_study("other").totals()["people"] == 1


def test_somebody_quiet_is_said_to_be_quiet(show: Any) -> None:
    show("full")
    shown = run(APP.parent / "views" / "participant.py")
    assert any("No data for" in box.value for box in shown.info)


def test_a_missing_token_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WELLSTREAM_STORE_TOKEN", raising=False)
    shown = run(APP)
    assert not shown.exception
    assert "WELLSTREAM_STORE_TOKEN" in shown.error[0].value


def test_every_chart_says_in_words_what_it_shows(full: Data) -> None:
    weekly = full.weekly(CHOICES[0])
    weeks, who = arm_weeks(weekly), full.participants()[0]
    arm = STUDY.arms[0]
    course = charts.broken_at_gaps(full.course(who, CHOICES[0]))
    drawn = [
        charts.per_day(full.per_day()),
        charts.arm_course(weeks[weeks["arm"] == arm.id], arm, STUDY, 0, "points", (0, 10)),
        charts.changes(changes(weekly, STUDY), STUDY, "points"),
        charts.person_course(course, pd.DataFrame(), charts.phase_frame(arm, STUDY), "points"),
        charts.compliance_strip(full.prompts(who)),
    ]
    for chart in drawn:
        assert any(letter.isdigit() for letter in chart.to_dict()["description"])
