"""Whole records out of the store: changed scales, check-ins on own initiative, and reasons, as live."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import Channel
from schemas.events import (
    Event,
    IndicatorValue,
    Undefined,
    Window,
)
from schemas.study import Study
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.indicators.catalogue import entry_of
from streams.indicators.full_record import indicators_of
from streams.indicators.update import TimelineEvent, batch
from streams.indicators.whole_record import Row
from streams.records.item_roles import Layout
from streams.safety.chart_alerts import follow
from streams.store.acute_change import AcuteChange, acute_changes, to_freeze
from streams.store.projection import project, project_study
from streams.store.schema import Rows
from streams.store.series import read_series
from streams.store.writer import asking, open_store, write
from tests import made_events
from tests.conftest import DEMO
from tests.examples import examples
from tests.made_events import START, WHO, enrolled, of, own

pytestmark = pytest.mark.slow  # a store in memory for each test takes seconds

STUDY = load_study(DEMO)


def prompted(study: Study, day: int, beep: int, **answers: Any) -> list[TimelineEvent]:
    """A prompt and the check-in that answers it by its link, so many days after the first study day."""
    return made_events.prompted(study, day + 1, beep, **answers)


class Kept:
    """A store that holds the events, and what is computed from it and live."""

    def __init__(
        self, studies: Sequence[Study], events: Iterable[TimelineEvent], people: Sequence[str] = (WHO,)
    ) -> None:
        self.studies, self.known = studies, Versions(studies)
        heard = list(events)
        self.updates = list(batch(heard, self.known))
        store = open_store(":memory:")
        for study in studies:
            write(store, project_study(study), {})
        rows: Rows = {}
        everything: list[Event] = [*(enrolled(studies[-1], who) for who in people), *heard, *self.updates]
        for event in everything:
            for name, more in project(event).items():
                rows.setdefault(name, []).extend(more)
        write(store, rows, {})
        self.query = asking(store)
        self.series = read_series(self.query, studies[-1], self.known)

    def rows(self) -> dict[tuple[str, str], Row]:
        (person,) = self.series
        return {(row.indicator, row.scale): row for row in indicators_of(person, Layout.of(self.studies[-1]))}

    def live(self, window: Window = Window.MONTH) -> dict[tuple[str, str], IndicatorValue]:
        last = max(self.updates, key=lambda update: update.occurred_at)
        return {(one.indicator, one.scale): one for one in last.values if one.window == window}


def with_items(study: Study, version: int, **scales: dict[str, int] | None) -> Study:
    """A version whose items have other bounds, or are gone."""
    content = study.model_dump()
    items = [item for item in content["items"] if scales.get(item["id"], {}) is not None]
    for item in items:
        if found := scales.get(item["id"]):
            item["scale"] = item["scale"] | found
    gone = {name for name, found in scales.items() if found is None}
    return Study.model_validate(
        content
        | {"version": version, "items": items, "sms": [one for one in content["sms"] if one not in gone]}
    )


def test_check_ins_on_own_initiative_count_and_are_told_apart() -> None:
    heard: list[TimelineEvent] = []
    for day in range(14):
        heard += prompted(STUDY, day, 1, mood=6) + prompted(STUDY, day, 2, mood=6)
        heard.append(own(STUDY, START + timedelta(days=day, hours=9), mood=0))
    kept = Kept([STUDY], heard)
    rows, live = kept.rows(), kept.live()
    mean = live["mean", "valence"]
    assert (mean.value, mean.n) == (4, 42)
    assert {
        name: (rows[name, "valence"].value, rows[name, "valence"].n)
        for name in ("mean", "mean/prompted", "mean/own_initiative", "n_pairs")
    } == {"mean": (4, 42), "mean/prompted": (6, 28), "mean/own_initiative": (0, 14), "n_pairs": (14, 42)}
    assert rows["mean", "valence"].notes == "own_initiative"
    assert rows["mean/prompted", "valence"].notes is None
    assert rows["compliance", ""].value == 1
    parted = {name.split("/")[0] for name, _ in rows if name.endswith(("/prompted", "/own_initiative"))}
    assert all((entry := entry_of(name)) and entry.by_checkin for name in parted)
    assert not parted & {"rmssd", "compliance", "ar1_slope", "spc"}


def test_nobody_on_own_initiative_has_no_rows_about_it() -> None:
    rows = Kept([STUDY], [event for day in range(3) for event in prompted(STUDY, day, 1, mood=6)]).rows()
    assert not [name for name, _ in rows if "prompted" in name or "own_initiative" in name]


def test_a_scale_that_changed_is_not_pooled_and_raises_no_alert() -> None:
    newest = with_items(STUDY, STUDY.version + 1, mood={"max": 100})
    heard: list[TimelineEvent] = []
    for day in range(30):
        study, size = (STUDY, 1) if day < 20 else (newest, 10)
        heard += prompted(study, day, 1, mood=size * (5 + day % 2), stress=3)
        heard += prompted(study, day, 2, mood=size * (6 + day % 2), stress=4)
    kept = Kept([STUDY, newest], heard)
    rows, live = kept.rows(), kept.live()
    mood, stress = rows["mean", "valence"], rows["mean", "stress"]
    assert (mood.value, mood.n, mood.notes) == (60, 20, "scale_changed")
    assert (stress.value, stress.n, stress.notes) == (3.5, 60, None)
    assert (live["mean", "valence"].value, live["mean", "valence"].notes) == (60, ("scale_changed",))
    assert rows["nap", "valence"].n == 20
    assert follow(kept.series, newest, [], START) == []


def test_an_item_that_measures_nothing_follows_the_same_rule() -> None:
    def asking_for_sleep(version: int, highest: int) -> Study:
        content = STUDY.model_dump()
        sleep = next(item for item in content["items"] if item["id"] == "stress")
        sleep = sleep | {
            "id": "sleep",
            "measures": None,
            "sms": {},
            "scale": sleep["scale"] | {"max": highest},
        }
        return Study.model_validate(content | {"version": version, "items": [*content["items"], sleep]})

    old, new = asking_for_sleep(7, 10), asking_for_sleep(8, 100)
    heard = prompted(old, 0, 1, sleep=5) + prompted(new, 1, 1, sleep=50) + prompted(new, 1, 2, sleep=60)
    rows = Kept([old, new], heard).rows()
    found = rows["n", "sleep"]
    assert (found.value, found.notes) == (2, "scale_changed")
    assert rows["n", "valence"].notes is None


def test_an_item_that_is_not_asked_any_more_makes_another_measure() -> None:
    newest = with_items(STUDY, STUDY.version + 1, calm=None)
    heard = prompted(STUDY, 0, 1, cheerful=8, calm=2) + prompted(newest, 0, 2, cheerful=6)
    found = Kept([STUDY, newest], heard).rows()["n", "positive_affect"]
    assert (found.value, found.notes) == (1, "scale_changed")


def test_a_score_is_the_mean_of_what_was_answered_with_its_decimals() -> None:
    heard = [
        event
        for day in range(5)
        for event in prompted(STUDY, day, 1, cheerful=8, calm=5 if day else 6, down=1)
    ]
    found = Kept([STUDY], heard).rows()
    assert found["mean", "positive_affect"].value == pytest.approx((7 + 4 * 6.5) / 5)
    assert found["mean", "negative_affect"].value == 1


def with_fewer_strategies(study: Study) -> Study:
    content = study.model_dump()
    for item in content["items"]:
        if item["kind"] == "choices":
            item["options"] = [one for one in item["options"] if one["id"] != "emotional_support"]
    return Study.model_validate(content)


NEWEST = with_fewer_strategies(with_items(STUDY, STUDY.version + 1, mood={"max": 100}, calm=None))
GIVEN = st.fixed_dictionaries(
    {"mood": st.integers(0, 10)},
    optional={
        **{item.id: st.integers(0, 10) for item in NEWEST.scales if item.id != "mood"},
        "coping": st.sampled_from([("creative_activity",), ("problem_solving", "creative_activity")]),
    },
)
DAY = st.tuples(
    st.sampled_from([STUDY, NEWEST]),
    st.sampled_from(["prompt", "prompt", "missed", "late", "own"]),
    st.sampled_from(["en", "nl"]),
    st.sampled_from([Channel.WEB, Channel.SMS]),
    GIVEN,
)


@examples(15)
@given(st.lists(DAY, min_size=1, max_size=20))
def test_a_record_of_less_than_28_days_is_what_its_last_window_says(made: list[Any]) -> None:
    """LAW: live and whole, values, numbers, reasons and notes are the same for every live indicator."""
    heard: list[TimelineEvent] = []
    for place, (study, how, language, channel, answers) in enumerate(made):
        day, beep = divmod(place, 3)
        sent, checkin = prompted(study, day, beep + 1, **answers)
        changes: dict[str, object] = {"language": language, "channel": channel}
        if how in ("late", "own"):
            changes |= {"prompt_id": None, "occurred_at": checkin.occurred_at + timedelta(hours=2)}
        if how == "late":
            changes["late_for"] = sent.event_id
        heard += [] if how == "own" else [sent]
        heard += [] if how == "missed" else [checkin.model_copy(update=changes)]
    heard += prompted(NEWEST, 9, 1, mood=50)
    kept = Kept([STUDY, NEWEST], heard)
    rows = {name: (one.value, one.n, one.n_pairs, one.reason, one.notes) for name, one in kept.rows().items()}
    for name, one in kept.live().items():
        notes = ",".join(one.notes) if one.notes else None
        assert rows[name] == (one.value, one.n, one.n_pairs, one.reason, notes), name


def test_only_coping_strategies_count_as_such() -> None:
    """Another question with options, one of which has the id of a strategy."""
    content = STUDY.model_dump()
    places = next(item for item in content["items"] if item["kind"] == "choices") | {
        "id": "places", "measures": None,
    }  # fmt: skip
    study = Study.model_validate(content | {"items": [*content["items"], places]})
    coping = [option["id"] for option in places["options"]]
    heard = [
        event
        for day in range(10)
        for event in prompted(study, day, 1, mood=5, places=tuple(coping[:3]), coping=(coping[0],))
    ]
    kept = Kept([study], heard)
    for found in (kept.rows(), kept.live()):
        assert (found["coping_variety", ""].value, found["coping_variety", ""].n) == (1, 10)
    assert kept.rows()[f"coping_counts/{coping[1]}", ""].value == 0


def test_a_missing_part_is_not_missing_data() -> None:
    texts = Kept([STUDY], prompted(STUDY, 0, 1, mood=5, cheerful=4))
    for found in (texts.rows(), texts.live()):
        assert found["wellbeing_mean", ""].reason == Undefined.PART_MISSING
        assert found["coping_efficacy", ""].reason == Undefined.NO_DATA
    rows = texts.rows()
    assert rows["na_icc3k", ""].reason == Undefined.NO_DATA
    assert rows["pa_icc3k", ""].reason == Undefined.PART_MISSING
    assert rows["careless_flat", ""].reason == Undefined.PART_MISSING
    assert rows["mean", "stress"].reason == Undefined.NO_DATA
    assert rows["mean", "valence"].reason == Undefined.TOO_FEW


def test_what_counts_as_acute_is_found_over_everybody_and_frozen() -> None:
    """Six people change by 0 to 4 points, nine times by less than 4 and once by 4; one more has no pair."""
    steps = [0, 1, 1, 1, 2, 2, 2, 3, 3, 4]
    heard: list[TimelineEvent] = []
    people = [f"p-000000000000000{number}" for number in range(7)]
    for who in people:
        for day, step in enumerate(steps):
            pair = prompted(STUDY, day, 1, mood=2, stress=3)
            pair += prompted(STUDY, day, 2, mood=2 + step, stress=3) if who != people[-1] else []
            heard += [of(event, who) for event in pair]
    kept = Kept([STUDY], heard, people)
    found = {one.measure: one for one in acute_changes(kept.query, STUDY, kept.known)}
    mood = found["valence"]
    assert mood.cut == pytest.approx(3.1)
    assert (mood.people, mood.pairs) == (6, 60)
    assert found["stress"] == AcuteChange("stress", None, 6, 60), "nothing ever changes"
    assert found["arousal"] == AcuteChange("arousal", None, 0, 0)
    assert to_freeze({one.measure: one.cut for one in found.values()}) == "acute_change:\n  valence: 3.1"
    frozen = Study.model_validate(STUDY.model_dump() | {"acute_change": {"valence": 3.0}})
    rows = {row.indicator: row for row in indicators_of(kept.series[0], Layout.of(frozen))}
    assert (rows["pac_ge_p90"].value, rows["pac_rise_p90"].value, rows["pac_drop_p90"].value) == (0.3, 0.3, 0)
    few = Kept([STUDY], [event for event in heard if event.participant in people[:4]], people[:4])
    told = [(one.cut, one.people, one.pairs) for one in acute_changes(few.query, STUDY, few.known)]
    assert (None, None, None) in told
    assert {people for _, people, _ in told} == {None, 0}
    assert to_freeze({}) == ""
