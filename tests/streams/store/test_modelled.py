"""Models out of the store: reliability and inertia as of the file, proximal effects as of the decisions."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from producers.imports.events import pseudonym_of
from schemas.base import Measure
from schemas.events import CheckInSubmitted, Event, ParticipantEnrolled, PromptSent, SupportDecided
from schemas.identity import event_id
from schemas.study import Study
from schemas.study.file import load_study
from schemas.study.versions import Versions
from streams.statistics.disclosure_control import Audience
from streams.statistics.randomised import Decision, wcls
from streams.statistics.reliability import CheckIn, reliability
from streams.store.carry_over import lagged_pairs
from streams.store.model_rows import CompositeReliability, ModelTerm, ProximalEffect
from streams.store.model_terms import Model
from streams.store.outcomes import Outcome, measures, outcomes
from streams.store.projection import project_study
from streams.store.queries import StudyData
from streams.store.writer import write
from tests.conftest import DEMO
from wellstream.operations.imports import Memory, events_in

pytestmark = pytest.mark.slow  # a study in DuckDB takes seconds

GOLDEN = Path(__file__).parents[2] / "golden"
VALUES = json.loads((GOLDEN / "golden.json").read_text())["values"]
MOOD = Outcome("Mood (valence)", "mean", "valence")
POSITIVE = Outcome("Positive affect", "mean", "positive_affect")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def golden() -> StudyData:
    return StudyData(Memory(*events_in(GOLDEN / "checkins.csv", GOLDEN / "study.yaml", GOLDEN / "map.yaml")))


def test_reliability_from_the_store_is_that_of_the_file(golden: StudyData) -> None:
    whole, items, incomplete = [], ("pa1", "pa2", "pa3"), 0
    with (GOLDEN / "checkins.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            given = [row[item] for item in items if row[item]]
            if len(given) == len(items):
                time = (int(row["day"]), int(row["beep"]))
                whole.append(CheckIn(row["participant"], time, tuple(map(float, given))))
            else:
                incomplete += bool(given)
    expected = {one.coefficient.value: one for one in reliability(whole, 3)}
    found = list(golden.reliability([POSITIVE]))
    # People come in another order, and where the likelihood is flat to the last digits, rounding decides.
    assert {row.coefficient: row.value for row in found} == {
        name: pytest.approx(one.value, rel=1e-4) if one.value is not None else None
        for name, one in expected.items()
    }
    assert {row.incomplete for row in found} == {incomplete}
    assert {row.coefficient: row.n for row in found} == {name: one.checkins for name, one in expected.items()}
    assert {row.checkins for row in found if row.coefficient in ("rkf", "rc")} == {"prompted"}
    assert {row.reason for row in golden.reliability([MOOD])} == {"too_few_items"}


def test_group_inertia_is_the_references_and_its_bias_is_stated() -> None:
    study, events = events_in(GOLDEN / "checkins.csv", GOLDEN / "study.yaml", GOLDEN / "map.yaml")
    # The reference leaves out the fixture's people 11 (no variance) and 12 (three answers).
    compared = {
        pseudonym_of(study, name)
        for name in json.loads((GOLDEN / "bootstrap_indices.json").read_text())["order"]
    }
    data = StudyData(Memory(study, [event for event in events if event.participant in compared]))
    terms = {term.term: term for term in data.models([MOOD], [Model.INERTIA])}
    lag = terms["lag"]
    for found, name in (
        (lag.estimate, "fixef/vl_c"),
        (terms["sd_lag"].estimate, "sd_slope"),
        (lag.rows, "nobs"),
    ):
        expected = VALUES[f"/group/mixed_ar1/{name}"]
        assert found == pytest.approx(expected["value"], abs=expected["tol"])
    assert lag.estimate is not None
    assert terms["nickell_bias"].estimate == pytest.approx(-(1 + lag.estimate) / (406 / 10 - 1))


def test_the_models_can_be_had_one_by_one(golden: StudyData) -> None:
    alone = {term.model for term in golden.models([MOOD], [Model.INTERRUPTED])}
    assert alone == {"interrupted_time_series"}
    assert list(golden.models([Outcome("Compliance", "compliance")], tuple(Model))) == []


@pytest.mark.parametrize("outcome", [MOOD, POSITIVE])
def test_small_groups_are_hidden_from_the_public(golden: StudyData, outcome: Outcome) -> None:
    whole = list(golden.reliability([outcome]))
    assert {row.people for row in whole} == {12}
    few = StudyData(Memory(*few_people(4)))
    rows: list[CompositeReliability | ModelTerm | ProximalEffect] = [
        *few.reliability([outcome]),
        *few.models([outcome], [Model.MIXED, Model.INERTIA]),
    ]
    assert rows
    for row in rows:
        assert row.reason == "suppressed"
        kept = {
            "study",
            "measure",
            "coefficient",
            "checkins",
            "items",
            "model",
            "participant",
            "term",
            "reason",
        }
        assert {name for name, value in row._asdict().items() if value is not None} <= kept | {"computed_at"}
    assert {
        row.reason for row in StudyData(Memory(*few_people(9))).reliability([outcome], Audience.PUBLIC)
    } == {"suppressed"}


def test_a_changed_scale_is_not_pooled() -> None:
    study = load_study(DEMO)
    content = study.model_dump()
    for item in content["items"]:
        if item["id"] == valence_item(study):
            item["scale"]["max"] = 100
    changed = Study.model_validate(content | {"version": study.version + 1})
    events = [event for event, _ in trial(5)]
    newer = [
        event.model_copy(update={"study": changed.ref, "event_id": event_id("again", str(event.event_id))})
        for event in events
        if isinstance(event, ParticipantEnrolled)
    ]
    memory = Memory(study, [*events, *newer])
    write(memory.connection, project_study(changed), {})
    (row,) = StudyData(memory).proximal_effects([MOOD], 6)
    assert (row.n, row.reason) == (0, "no_data")
    assert {row.reason for row in StudyData(memory).reliability([MOOD])} == {"too_few_items"}
    assert [row.rows for row in StudyData(memory).models([MOOD], [Model.INERTIA])] == [0]


def test_a_daily_diary_has_pairs_of_days() -> None:
    study = load_study(DEMO)
    content = study.model_dump()
    content["schedule"]["prompts"] = [{"kind": "fixed", "channel": "web", "times": ["12:00"]}]
    daily = Study.model_validate(content)
    events: list[Event] = []
    for person in range(6):
        common = {"study": daily.ref, "participant": f"p-{person:016d}", "zone": "UTC"}
        for day in range(10):
            at = NOON + timedelta(days=day)
            stamped = common | {"occurred_at": at, "recorded_at": at}
            prompt = event_id("prompt", str(person), str(day))
            sent = {
                "event_id": prompt, "channel": "web", "scheduled_at": at, "study_day": day + 1, "beep": 1,
                "expires_at": at + timedelta(hours=1),
            }  # fmt: skip
            answered = {
                "event_id": event_id("form", str(prompt)), "channel": "web", "language": "en",
                "prompt_id": prompt, "answers": {valence_item(daily): (day * 7 + person) % 10},
            }  # fmt: skip
            events.append(PromptSent.model_validate(stamped | sent))
            if day != 4:
                events.append(CheckInSubmitted.model_validate(stamped | answered))
        enrolled = {"arm": daily.arms[0].id, "language": "en", "start_date": NOON.date()}
        first = {"event_id": event_id("enrolled", str(person)), "occurred_at": NOON, "recorded_at": NOON}
        events.append(ParticipantEnrolled.model_validate(common | first | enrolled))
    memory = Memory(daily, events)
    pairs = lagged_pairs(memory.query, daily, Versions([daily]), Measure.VALENCE)
    assert len(pairs) == 6 * (3 + 4)


def few_people(count: int) -> tuple[Study, list[Event]]:
    """The golden study with its first people only."""
    study, events = events_in(GOLDEN / "checkins.csv", GOLDEN / "study.yaml", GOLDEN / "map.yaml")
    people = sorted({event.participant for event in events})[:count]
    return study, [event for event in events if event.participant in people]


def trial(people: int, effect: float = 2.0) -> Iterator[tuple[Event, Decision | None]]:
    """Decisions six hours apart, the score an hour later; a fifth lack a check-in, a seventh a draw."""
    study, rng = load_study(DEMO), np.random.default_rng(3)
    for person in range(people):
        who = f"p-{person:016d}"
        common = {"study": study.ref, "participant": who, "zone": "UTC"}

        def at(moment: datetime, name: str, common: dict[str, str] = common) -> dict[str, object]:
            cause = event_id(name, common["participant"], moment.isoformat())
            return common | {"event_id": cause, "occurred_at": moment, "recorded_at": moment}

        enrolled = {"arm": study.arms[0].id, "language": "en", "start_date": NOON.date()}
        yield ParticipantEnrolled.model_validate(at(NOON, "enrolled") | enrolled), None
        for number in range(40):
            moment = NOON + timedelta(hours=6 * number)
            available, probability = number % 7 != 0, 0.4 + 0.2 * (number % 2)
            treated = bool(available and rng.random() < probability)
            decided = at(moment, "support") | {
                "prompt_id": event_id("prompt", who, str(number)), "available": available,
                "probability": probability if available else 0.0, "treated": treated,
                "text": "kind_words" if treated else None,
            }  # fmt: skip
            score = round(float(np.clip(4 + effect * treated + rng.normal(), 0, 10)))
            seen = number % 5 != 0
            made = Decision(who, available, probability, treated, (), float(score)) if seen else None
            yield SupportDecided.model_validate(decided), made
            if seen:
                answered = {"channel": "sms", "language": "en", "answers": {valence_item(study): score}}
                yield (
                    CheckInSubmitted.model_validate(at(moment + timedelta(hours=1), "text") | answered),
                    None,
                )


def valence_item(study: Study) -> str:
    return study.scales_of(Measure.VALENCE)[0].id


@pytest.fixture(scope="module")
def randomised() -> tuple[StudyData, list[Decision]]:
    made = list(trial(20))
    store = Memory(load_study(DEMO), [event for event, _ in made])
    return StudyData(store), [decision for _, decision in made if decision]


def test_the_proximal_effect_is_that_of_the_decisions(
    randomised: tuple[StudyData, list[Decision]],
) -> None:
    data, decisions = randomised
    expected = wcls(decisions, ()).effect
    assert expected is not None
    (row,) = data.proximal_effects([MOOD], 6)
    assert row.estimate == pytest.approx(expected.estimate)
    assert row.se == pytest.approx(expected.se)
    assert row.low is not None
    assert row.high is not None
    assert row.low < 2 < row.high
    assert (row.people, row.decisions) == (20, 800)
    drawn = [number for number in range(40) if number % 7]
    assert row.available == 20 * len(drawn)
    assert row.without_outcome == 20 * sum(number % 5 == 0 for number in drawn)
    assert row.n == row.available - row.without_outcome
    assert row.lowest_probability == pytest.approx(0.4)
    assert row.highest_probability == pytest.approx(0.6)


def test_an_outcome_is_in_time_and_before_the_next_decision(
    randomised: tuple[StudyData, list[Decision]],
) -> None:
    data, _ = randomised
    (late,) = data.proximal_effects([MOOD], 48)
    (row,) = data.proximal_effects([MOOD], 6)
    assert late == row._replace(hours=48, computed_at=late.computed_at)
    asked = outcomes(load_study(DEMO))
    others = {row.measure: row for row in data.proximal_effects(asked, 6)}
    assert list(others) == [measure.value for measure in measures(asked)]
    assert others["stress"].reason == "no_data"
    assert others["stress"].without_outcome == others["stress"].available


def test_a_study_without_random_texts_has_no_proximal_effects(golden: StudyData) -> None:
    assert list(golden.proximal_effects([MOOD], 6)) == []


def test_one_person_has_reasons_and_nothing_of_theirs() -> None:
    made = list(trial(1))
    data = StudyData(Memory(load_study(DEMO), [event for event, _ in made]))
    (row,) = data.proximal_effects([MOOD], 6)
    assert (row.reason, row.estimate, row.people, row.decisions) == ("suppressed", None, None, None)
