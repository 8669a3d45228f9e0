"""Every page with data, without data, and without a store: never a traceback."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard.queries import CHOICES, Data, changes
from producers.simulator.people import gain
from tests.dashboard.conftest import STUDY

PAGES = sorted((Path(dashboard.__file__).parent / "pages").glob("*.py"))
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
