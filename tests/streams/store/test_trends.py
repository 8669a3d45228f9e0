"""Trends over a study's days, from the imported file to the table: a study made up here, and a published one.

Fried, Papanikolaou & Epskamp (2022) report standardised trends of fourteen of their items. Their script of
the day of acceptance (13 April 2021, part III, osf.io/mvdpe) fits `lm(item ~ 1 + day + factor(beep))` to all
answers and standardises the slope with `lm.beta`. `by_their_procedure` does that from the file, without any
of our code. Published are the two slopes and the number of missing answers that their scripts state, and the
abstract's directions. The other numbers of their table were not at hand when this was written, so that none
of them is given here.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import false_discovery_control, t

from schemas.base import CheckIns
from schemas.events import CheckInSubmitted
from schemas.study import Study
from schemas.study.versions import Versions
from streams.statistics.disclosure_control import Audience
from streams.store.projection import project, project_study
from streams.store.schema import Rows
from streams.store.trends import TrendRow, trends_of
from streams.store.writer import asking, open_store, write
from wellstream.operations.imports import events_in

ROOT = Path(__file__).parents[3]
FRIED = ROOT / "studies" / "fried2021"
DATA = ROOT.parent / "shared" / "data" / "fried2021_ema.csv"
QUESTIONS = (
    "relax", "irritable", "worried", "nervous", "future", "anhedonia", "tired", "hungry", "alone", "angry",
    "social_offline", "social_online", "music", "procrastinate", "outdoors", "covid_occupied", "covid_worry",
    "home",
)  # fmt: skip
"""Their questions 1 to 18, in the order in which their script names them."""
OF_LOW_INTEREST = ("hungry", "angry", "music", "procrastinate")
"""The four that their script leaves out."""
Ask = Callable[..., Any]


@dataclass(frozen=True)
class Expected:
    """A slope with clustered errors by other software; `p_independent` takes answers as independent."""

    slope: float
    se: float
    p: float
    p_independent: float
    standardised: float
    n: int


def by_their_procedure(file: Path, question: int) -> Expected:
    with file.open(encoding="utf-8") as opened:
        rows = [row for row in csv.DictReader(opened) if row[f"Q{question}"]]
    first = min(date.fromisoformat(row["Day"]) for row in rows)
    value = np.array([float(row[f"Q{question}"]) for row in rows])
    day = np.array([(date.fromisoformat(row["Day"]) - first).days + 1.0 for row in rows])
    beep = np.array([row["beepvar"] for row in rows])
    design = np.column_stack([np.ones(len(rows)), day, *(beep == str(level) for level in (2, 3, 4))])
    groups = np.unique([row["ID"] for row in rows], return_inverse=True)[1]
    model = sm.OLS(value, design.astype(float))
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    independent = float(model.fit().pvalues[1])
    slope = float(fitted.params[1])
    ratio = float(np.std(day, ddof=1) / np.std(value, ddof=1))
    return Expected(
        slope, float(fitted.bse[1]), float(fitted.pvalues[1]), independent, slope * ratio, len(rows)
    )


def rows_of(file: Path, folder: Path = FRIED, freely: int = 0) -> tuple[Study, Rows]:
    """The file's study and its rows in the store, without the live values, which trends do not use.

    Args:
        file: The check-ins.
        folder: Has the definition and the mapping.
        freely: Every so many check-ins one is moved to where it answers no prompt; 0 for none.
    """
    study, events = events_in(file, folder / "study.yaml", folder / "map.yaml")
    if freely:
        answers = [place for place, event in enumerate(events) if isinstance(event, CheckInSubmitted)]
        for place in answers[::freely]:
            later = events[place].occurred_at + timedelta(hours=2)
            events[place] = events[place].model_copy(update={"prompt_id": None, "occurred_at": later})
    rows: Rows = project_study(study)
    for event in events:
        for name, more in project(event).items():
            rows.setdefault(name, []).extend(more)
    return study, rows


def stored(file: Path, folder: Path = FRIED, freely: int = 0) -> tuple[Study, Ask]:
    """The file's study and its store; arguments as for `rows_of`."""
    study, rows = rows_of(file, folder, freely)
    connection = open_store(":memory:")
    write(connection, rows, {})
    return study, asking(connection)


def made_up(people: int, **constant: int) -> Iterator[list[str]]:
    """Lines of six days of four prompts; answers fall over the days and rise within the day."""
    draw = Random(people)
    for person in range(people):
        level = draw.uniform(2, 4)
        for number in range(24):
            day, beep = divmod(number, 4)
            at = datetime(2020, 3, 16, 12) + timedelta(days=day, hours=3 * beep)
            # The last prompt is more often missed in the first days: without the rhythm, a trend of its own.
            if draw.random() < (0.6 - 0.1 * day if beep == 3 else 0.2):
                yield [f"{person}", f"{at}", f"{at}", "", "", f"{beep + 1}", f"{at.date()}", *[""] * 18]
                continue
            answers = (
                constant.get(
                    name, min(5, max(1, round(level - 0.1 * place * day / 9 + beep / 3 + draw.gauss(0, 0.8))))
                )
                for place, name in enumerate(QUESTIONS)
            )
            took = f"{at + timedelta(minutes=5)} CET"
            yield [
                f"{person}",
                f"{at}",
                f"{at} CET",
                took,
                "300",
                f"{beep + 1}",
                f"{at.date()}",
                *map(str, answers),
            ]


def written(path: Path, people: int, **constant: int) -> Path:
    header = [
        "ID",
        "Scheduled",
        "Issued",
        "Response",
        "Duration",
        "beepvar",
        "Day",
        *(f"Q{n}" for n in range(1, 19)),
    ]
    with path.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows([header, *made_up(people, **constant)])
    return path


def of_items(rows: list[TrendRow]) -> Mapping[str, TrendRow]:
    return {row.outcome.removeprefix("item/"): row for row in rows if row.outcome.startswith("item/")}


def agrees(row: TrendRow, expected: Expected) -> bool:
    assert row.low is not None
    assert row.high is not None
    half = float(t.ppf(0.975, (row.people or 0) - 1)) * expected.se
    assert (row.slope_per_day, row.standardised) == pytest.approx(
        (expected.slope, expected.standardised), abs=1e-9
    )
    assert (row.low, row.high) == pytest.approx((expected.slope - half, expected.slope + half), abs=1e-9)
    assert row.p == pytest.approx(expected.p, abs=1e-9)
    return row.n == expected.n


def test_slopes_and_errors_are_those_of_other_software(tmp_path: Path) -> None:
    file = written(tmp_path / "ema.csv", 24)
    study, query = stored(file)
    found = of_items(trends_of(query, study, Versions([study])))
    assert tuple(found) == QUESTIONS
    assert all(agrees(found[name], by_their_procedure(file, n)) for n, name in enumerate(QUESTIONS, start=1))
    assert {row.people for row in found.values()} == {24}


@pytest.mark.slow
def test_the_published_trends_of_a_real_study() -> None:
    if not DATA.exists():
        pytest.skip("the real study's data are not part of the project, and are not here")
    study, query = stored(DATA)
    found = of_items(trends_of(query, study, Versions([study])))
    assert tuple(found) == QUESTIONS
    assert all(agrees(found[name], by_their_procedure(DATA, n)) for n, name in enumerate(QUESTIONS, start=1))
    fourteen = {name: row for name, row in found.items() if name not in OF_LOW_INTEREST}
    prompts = int(query("select count(*) as n from prompts")["n"][0])
    missing = sum(prompts - (row.n or 0) for row in fourteen.values())
    assert (len(fourteen) * prompts, missing) == (61_208, 6026)
    rounded = {name: round(row.standardised or 0.0, 2) for name, row in fourteen.items()}
    assert (rounded["covid_occupied"], rounded["home"]) == (-0.18, 0.03)
    # As the abstract says: anxiety, loneliness and concerns about COVID-19 fell, meeting people stayed.
    assert all(rounded[name] < 0 for name in ("worried", "nervous", "alone", "covid_occupied", "covid_worry"))
    assert (fourteen["social_offline"].p or 0.0) > 0.05


@pytest.mark.slow
def test_the_page_on_importing_shows_the_trends_of_the_real_study() -> None:
    if not DATA.exists():
        pytest.skip("the real study's data are not part of the project, and are not here")
    study, query = stored(DATA)
    found = of_items(trends_of(query, study, Versions([study])))
    page = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8").replace("\u2212", "-")
    lines = re.findall(r"^\| `(\w+)` \| (\S+) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    shown = [line for line in lines if line[0] in QUESTIONS]
    assert [name for name, *_ in shown] == [name for name in QUESTIONS if name not in OF_LOW_INTEREST]
    for name, standardised, slope, p in shown:
        row = found[name]
        assert row.p_adjusted is not None
        assert standardised == f"{row.standardised:.2f}"
        assert slope == f"{row.slope_per_day:.3f} [{row.low:.3f}, {row.high:.3f}]"
        assert p == ("< 0.001" if row.p_adjusted < 0.001 else f"{row.p_adjusted:.3f}")
    significant = [row for row in (found[name] for name, *_ in shown) if row.p is not None and row.p < 0.05]
    adjusted = [row for row in significant if row.p_adjusted is not None and row.p_adjusted < 0.05]
    naive = [by_their_procedure(DATA, QUESTIONS.index(name) + 1).p_independent < 0.05 for name, *_ in shown]
    assert (sum(naive), len(significant), len(adjusted)) == (11, 8, 6)


@pytest.mark.parametrize(("people", "reason"), [(19, "too_few_clusters"), (4, "suppressed")])
def test_too_few_people_have_a_reason(tmp_path: Path, people: int, reason: str) -> None:
    study, query = stored(written(tmp_path / "ema.csv", people))
    rows = trends_of(query, study, Versions([study]))
    assert {row.reason for row in rows} == {reason}
    assert {row.people for row in rows} == {people if people >= 5 else None}
    assert {row.slope_per_day for row in rows} == {row.p_adjusted for row in rows} == {None}
    assert {row.reason for row in trends_of(query, study, Versions([study]), Audience.PUBLIC)} == {reason}


def test_an_item_that_never_varies_has_no_trend_and_does_not_count_in_the_family(tmp_path: Path) -> None:
    study, query = stored(written(tmp_path / "ema.csv", 20, music=3))
    rows = trends_of(query, study, Versions([study]))
    found = of_items(rows)
    assert (found["music"].reason, found["music"].p_adjusted) == ("zero_variance", None)
    tested = {row.p: row.p_adjusted for row in rows if row.p is not None}
    assert len(tested) == len(rows) - 1
    by_hand = false_discovery_control(list(tested), method="bh")
    assert list(tested.values()) == pytest.approx(list(by_hand), abs=1e-12)


def test_answers_on_another_scale_are_left_out(tmp_path: Path) -> None:
    study, query = stored(written(tmp_path / "ema.csv", 24))
    wider = study.model_dump(mode="json", by_alias=True)
    wider["version"] += 1
    item = next(one for one in wider["items"] if one["id"] == "music")
    item["scale"]["max"] = 100
    newer = Study.model_validate(wider)
    found = of_items(trends_of(query, newer, Versions([study, newer])))
    assert (found["music"].n, found["music"].reason) == (0, "no_data")
    assert (
        found["home"].slope_per_day
        == of_items(trends_of(query, study, Versions([study])))["home"].slope_per_day
    )


@pytest.mark.parametrize("in_other", [0, 3, 10])
def test_each_arm_has_a_line_and_small_ones_hide_what_would_give_them_away(
    tmp_path: Path, in_other: int
) -> None:
    definition, mapping = ((FRIED / name).read_text(encoding="utf-8") for name in ("study.yaml", "map.yaml"))
    arm = "  - id: cohort\n    name: {en: Cohort}\n    phases:\n      - {kind: baseline, days: 14}\n"
    assert arm in definition
    definition = definition.replace(arm, arm + arm.replace("cohort", "other"))
    (tmp_path / "study.yaml").write_text(definition, encoding="utf-8")
    (tmp_path / "map.yaml").write_text(mapping.replace("{value: cohort}", "{column: Arm}"), encoding="utf-8")
    file = written(tmp_path / "ema.csv", 24)
    single, ask = stored(file)
    everybody = next(row for row in trends_of(ask, single, Versions([single])) if row.outcome == "item/home")
    header, *lines = (line.split(",") for line in file.read_text(encoding="utf-8").splitlines())
    arms = [[*line, "other" if int(line[0]) < in_other else "cohort"] for line in lines]
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows([[*header, "Arm"], *arms])
    study, query = stored(file, tmp_path)
    rows = [row for row in trends_of(query, study, Versions([study])) if row.outcome == "item/home"]
    assert [row.arm for row in rows] == ["cohort", "other", "all arms"]
    reasons = {
        0: [None, "no_data", None],
        3: ["suppressed", "suppressed", None],
        10: ["too_few_clusters", "too_few_clusters", None],
    }
    assert [row.reason for row in rows] == reasons[in_other]
    assert (rows[-1].slope_per_day, rows[-1].n) == pytest.approx((everybody.slope_per_day, everybody.n))


def test_check_ins_on_own_initiative_are_counted_apart_and_together(tmp_path: Path) -> None:
    study, query = stored(written(tmp_path / "ema.csv", 24), freely=5)
    rows = {
        which: of_items(trends_of(query, study, Versions([study]), checkins=which))["home"]
        for which in CheckIns
    }
    assert {which: row.checkins for which, row in rows.items()} == {which: which for which in CheckIns}
    both, own = rows[CheckIns.BOTH], rows[CheckIns.OWN_INITIATIVE]
    assert (both.n, own.n, rows[CheckIns.PROMPTED].n) == (439, 88, 351)
    slopes = {row.slope_per_day for row in rows.values()}
    assert None not in slopes
    assert len(slopes) == 3
