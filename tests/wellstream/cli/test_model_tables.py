"""What `wellstream report` prints of models: 80 columns, all in CSV, and a sentence if there is nothing."""

import csv
import io
from inspect import signature

import pytest
from typer.testing import CliRunner

from schemas.study.file import load_study
from streams.statistics.disclosure_control import Audience
from streams.store.outcomes import Outcome
from streams.store.proximal import WITHIN_HOURS
from streams.store.queries import StudyData
from tests.conftest import DEMO
from tests.streams.store.test_modelled import GOLDEN, MOOD, POSITIVE, few_people, trial
from wellstream.cli.app import app
from wellstream.cli.model_tables import RESEARCH_ONLY, Result, show
from wellstream.cli.report import report
from wellstream.operations.imports import Memory, events_in

pytestmark = pytest.mark.slow  # a study in DuckDB takes seconds

BOTH = [MOOD, POSITIVE]


@pytest.fixture(scope="module")
def golden() -> StudyData:
    return StudyData(Memory(*events_in(GOLDEN / "checkins.csv", GOLDEN / "study.yaml", GOLDEN / "map.yaml")))


@pytest.fixture(scope="module")
def randomised() -> StudyData:
    return StudyData(Memory(load_study(DEMO), [event for event, _ in trial(20)]))


def printed(
    capsys: pytest.CaptureFixture[str],
    result: Result,
    data: StudyData,
    of: list[Outcome],
    *,
    as_csv: bool = False,
) -> tuple[str, str]:
    show(result, data, of, Audience.STAFF, 6, as_csv=as_csv)
    found = capsys.readouterr()
    assert max((len(line) for line in found.out.splitlines()), default=0) <= 80 or as_csv
    assert "…" not in found.out
    return found.out, found.err


def lines_with(text: str, word: str) -> list[str]:
    return [line for line in text.splitlines() if word in line]


def test_reliability(golden: StudyData, capsys: pytest.CaptureFixture[str]) -> None:
    (rkf,) = [row for row in golden.reliability([POSITIVE]) if row.coefficient == "rkf"]
    text, _ = printed(capsys, Result.RELIABILITY, golden, BOTH)
    found = [line.split() for line in lines_with(text, "rkf")]
    assert found[1] == ["rkf", f"{rkf.value:.3g}", "3", "12", str(rkf.n), "prompted"]
    assert found[0][-1] == "too_few_items"
    headings = [line for line in text.splitlines() if " " not in line]
    assert headings[:2] == ["valence", "positive_affect"]


def test_a_cut_for_acute_change_with_what_freezes_it(
    golden: StudyData, capsys: pytest.CaptureFixture[str]
) -> None:
    found = golden.acute_changes(BOTH)
    text, _ = printed(capsys, Result.ACUTE_CHANGE, golden, BOTH)
    for one in found:
        assert one.cut
        line, frozen = lines_with(text, one.measure)
        assert line.split() == [one.measure, f"{one.cut:.3g}", str(one.people), str(one.pairs)]
        assert frozen == f"  {one.measure}: {one.cut:.6g}"
    assert [one.measure for one in found] == ["valence", "positive_affect"]
    public = golden.acute_changes([MOOD], Audience.PUBLIC)[0].people
    assert public
    assert public == found[0].people
    assert public >= 10


def test_inertia_has_its_bias_beside_it(golden: StudyData, capsys: pytest.CaptureFixture[str]) -> None:
    text, _ = printed(capsys, Result.INERTIA, golden, [MOOD])
    (line,) = lines_with(text, "valence")
    slope, bias = float(line.split()[1]), float(line.split()[5])
    pairs, people = int(line.split()[8]), int(line.split()[7])
    assert bias == pytest.approx(-(1 + slope) / (pairs / people - 1), abs=0.001)
    assert "Nickell" in text


def test_proximal_effects(randomised: StudyData, capsys: pytest.CaptureFixture[str]) -> None:
    text, _ = printed(capsys, Result.MICRO_RANDOMISED, randomised, [MOOD])
    assert "800 decisions" in text
    assert "probability of 0.4 to 0.6" in " ".join(text.split())
    (line,) = lines_with(text, "valence")
    assert float(line.split()[1]) == pytest.approx(2, abs=0.3)


def test_a_study_without_random_texts_is_told_so(
    golden: StudyData, capsys: pytest.CaptureFixture[str]
) -> None:
    text, sentence = printed(capsys, Result.MICRO_RANDOMISED, golden, BOTH)
    assert text == ""
    assert sentence == "golden has decided on no supportive text at random (`schedule.support`)\n"
    text, _ = printed(capsys, Result.MICRO_RANDOMISED, golden, BOTH, as_csv=True)
    assert text.startswith("measure,hours,estimate,se,low,high,p,people,n,decisions,available,")
    assert len(text.splitlines()) == 1


def test_early_warnings_are_for_research_only(golden: StudyData, capsys: pytest.CaptureFixture[str]) -> None:
    text, sentence = printed(capsys, Result.EARLY_WARNINGS, golden, BOTH)
    assert (text, "100 check-ins" in sentence) == ("", True)
    assert RESEARCH_ONLY == "research only: no alerts are based on this"


@pytest.mark.parametrize("result", [Result.MODELS, Result.INTERRUPTED, Result.INERTIA, Result.RELIABILITY])
def test_csv_has_every_column_and_a_number_or_a_reason(
    result: Result, golden: StudyData, capsys: pytest.CaptureFixture[str]
) -> None:
    text, _ = printed(capsys, result, golden, BOTH, as_csv=True)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows
    value, n = ("value", "n") if result is Result.RELIABILITY else ("estimate", "rows")
    for row in rows:
        assert bool(row[value]) != bool(row["reason"])
        assert row[n]


def test_single_people_are_marked_as_such() -> None:
    assert [one for one in Result if one.of_single_people] == [Result.INTERRUPTED, Result.EARLY_WARNINGS]


def test_few_people_are_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    few = StudyData(Memory(*few_people(4)))
    text, _ = printed(capsys, Result.RELIABILITY, few, [POSITIVE])
    assert len(lines_with(text, "suppressed")) == 8


def test_one_result_at_a_time_and_no_single_people_for_the_public() -> None:
    for options, sentence in (
        (["--inertia", "--reliability"], "choose one of --inertia, --reliability"),
        (["--public", "--interrupted"], "--interrupted is about single people"),
    ):
        ran = CliRunner().invoke(app, ["report", *options], env={"COLUMNS": "200"})
        assert ran.exit_code == 2
        assert sentence in ran.stderr


def test_the_command_waits_for_an_outcome_as_long_as_the_batch() -> None:
    default = signature(report).parameters["hours"].default
    assert default == WITHIN_HOURS
