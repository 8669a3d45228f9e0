"""The export of a served store: complete, typed, with the report's numbers, and never over other files."""

import csv
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from pydantic import SecretStr
from typer.testing import CliRunner

from schemas.events import ParticipantEnrolled
from schemas.settings import Settings
from streams.store.batch_job import compute, keep
from streams.store.client import Reader
from streams.store.model_terms import Model
from streams.store.proximal import WITHIN_HOURS
from streams.store.queries import StudyData
from streams.store.writer import asking
from tests.served import serve_read_only
from wellstream.cli.app import app
from wellstream.operations import export_sheets
from wellstream.operations.export import ExportRefused, export
from wellstream.operations.imports import Memory, events_in

pytestmark = pytest.mark.slow  # a study in DuckDB takes seconds

GOLDEN = Path(__file__).parents[2] / "golden"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def memory() -> Memory:
    made = Memory(*events_in(GOLDEN / "checkins.csv", GOLDEN / "study.yaml", GOLDEN / "map.yaml"))
    keep(made.connection, compute(asking(made.connection), NOW, models=False), NOW)
    return made


@pytest.fixture(scope="module")
def served(memory: Memory) -> Settings:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    serve_read_only(memory.connection, "localhost", port, "a-token-for-the-test")
    return Settings(store_port=port, store_token=SecretStr("a-token-for-the-test"))


@pytest.fixture(scope="module")
def reader(served: Settings) -> Reader:
    return Reader(served.store_uri, served.secret("store_token"))


@pytest.fixture(scope="module")
def folder(reader: Reader, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("export") / "golden"
    export(reader, "golden", made, NOW)
    return made


def of_parquet(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(folder / f"{name}.parquet").to_pylist()
    return rows


def of_csv(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def names(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.parquet")}


def test_both_formats_hold_the_same(folder: Path) -> None:
    assert names(folder) == {path.stem for path in folder.glob("*.csv")}
    for name in names(folder):
        typed, plain = of_parquet(folder, name), of_csv(folder, name)
        assert len(typed) == len(plain)
        for one, other in zip(typed, plain, strict=True):
            assert list(one) == list(other)
            for column, value in one.items():
                assert (value is None) == (other[column] == "") or value == ""
                if isinstance(value, float):
                    assert float(other[column]) == value


def test_every_row_of_the_store_is_there(folder: Path, memory: Memory) -> None:
    for name, table in (
        ("participants", "participants"), ("checkins", "checkins"), ("answers", "answers"),
        ("scores", "scores"), ("prompts", "prompt_log"),
        ("indicators_live", "indicators"), ("indicators_whole_record", "records"),
    ):  # fmt: skip
        expected = int(memory.query(f"select count(*) as n from {table}")["n"][0])
        assert len(of_parquet(folder, name)) == expected > 0
    assert of_parquet(folder, "support_decisions") == []


def test_a_check_in_says_its_day_phase_arm_and_prompt(folder: Path) -> None:
    with (GOLDEN / "checkins.csv").open(encoding="utf-8") as file:
        filed = [row for row in csv.DictReader(file) if row["status"] == "answered"]
    kinds = {"A": "baseline", "B": "intervention"}
    expected = sorted((int(row["day"]), kinds[row["phase"]], row["arm"]) for row in filed)
    found = of_parquet(folder, "checkins")
    assert sorted((row["study_day"], row["phase"], row["first_arm"]) for row in found) == expected
    assert {row["prompted"] for row in found} == {True}
    prompts = {row["prompt_id"]: row for row in of_parquet(folder, "prompts")}
    assert {prompts[row["prompt_id"]]["checkin"] for row in found} == {row["checkin"] for row in found}


def test_the_results_are_those_of_the_report(folder: Path, reader: Reader) -> None:
    data = StudyData(reader, "golden")
    of = data.outcomes()
    for name, rows in (
        ("reliability", data.reliability(of)),
        ("model_terms", data.models(of, tuple(Model))),
        ("proximal_effects", data.proximal_effects(of, WITHIN_HOURS)),
    ):
        expected = [row._asdict() for row in rows]
        kept = [
            {column: row[column] for column in row if column not in ("study", "computed_at")}
            for row in expected
        ]
        assert of_parquet(folder, name) == kept
    tables = data.tables()
    for name, table in (("contrasts", "contrasts"), ("changes", "arm_changes"), ("weeks", "arm_weeks")):
        assert tables[table]
        assert of_parquet(folder, name) == tables[table]


def test_the_command_prints_what_is_exported(
    folder: Path, served: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    env = {
        "WELLSTREAM_STORE_PORT": str(served.store_port),
        "WELLSTREAM_STORE_TOKEN": served.secret("store_token"),
    }
    for option, name, column in (
        ("--reliability", "reliability", "value"),
        ("--contrasts", "contrasts", "estimate"),
        ("--inertia", "model_terms", "estimate"),
        ("--trends", "trends", "slope_per_day"),
    ):
        ran = CliRunner().invoke(app, ["report", option, "--format", "csv"], env=env, catch_exceptions=False)
        printed = [row[column] for row in csv.DictReader(ran.stdout.splitlines())]
        rows = of_csv(folder, name)
        kept = [row[column] for row in rows if option != "--inertia" or row["model"] == "group_inertia"]
        assert (
            [value and float(value) for value in printed] == [value and float(value) for value in kept] != []
        )


def test_read_in_parts_it_is_the_same(
    folder: Path, reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_sheets, "_CHECKINS_AT_ONCE", 60)
    monkeypatch.setattr(export_sheets, "_computed", lambda data: iter(()))
    shares: dict[str, list[float]] = {}
    export(reader, "", tmp_path, NOW, advance=lambda name, share: shares.setdefault(name, []).append(share))
    for name in names(tmp_path):
        # A mean's last digit depends on how DuckDB shares the rows out among its threads.
        assert of_parquet(tmp_path, name) == [
            {
                column: pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
                for column, value in row.items()
            }
            for row in of_parquet(folder, name)
        ]
    assert len(shares["answers"]) == 12
    steps = [share for found in shares.values() for share in found]
    assert steps == sorted(steps)
    assert steps[-1] == 1


def test_the_codebook_explains_indicators_and_items(folder: Path) -> None:
    ids = {row["id"] for row in of_csv(folder, "codebook")}
    assert {"mean", "omega", "reliability", "wcls"} <= ids
    items = {row["item"]: row for row in of_parquet(folder, "items")}
    assert (items["valence"]["min"], items["valence"]["max"], items["valence"]["low"]) == (0, 10, "bad")
    assert "creative: Making something" in items["coping_used"]["options"]


def test_the_readme_says_what_when_and_from_which_version(folder: Path) -> None:
    text = (folder / "README.txt").read_text(encoding="utf-8")
    assert "2026-06-01 00:00 UTC" in text
    assert "golden@1" in text
    assert all(f"{name} (" in text for name in names(folder))
    assert max(map(len, text.splitlines())) <= 80


def test_other_files_are_left_alone(reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_sheets, "_computed", lambda data: iter(()))
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ExportRefused, match="not empty"):
        export(reader, "golden", tmp_path, NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    for _ in range(2):
        export(reader, "golden", tmp_path, NOW, force=True)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    tables = {f"{name}{ending}" for name in names(tmp_path) for ending in (".csv", ".parquet")}
    assert {path.name for path in tmp_path.iterdir()} == tables | {"README.txt", "mine.txt"}


def test_refusals_are_one_sentence(served: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    env = {
        "WELLSTREAM_STORE_PORT": str(served.store_port),
        "WELLSTREAM_STORE_TOKEN": served.secret("store_token"),
    }
    (tmp_path / "file").write_text("")
    for options, sentence in (
        (["--study", "nothing", "--out", "a"], "there is no study nothing; people are in: golden"),
        (["--out", "file"], "file is a file; name a folder with --out"),
        (["--out", "file/inside"], "cannot write to file/inside"),
    ):
        ran = CliRunner().invoke(app, ["export", *options], env=env)
        assert ran.exit_code == 1
        assert ran.stderr.strip().startswith(f"wellstream: {sentence}")
        assert len(ran.stderr.strip().splitlines()) == 1


def test_a_study_that_nobody_is_in() -> None:
    study, events = events_in(GOLDEN / "checkins.csv", GOLDEN / "study.yaml", GOLDEN / "map.yaml")
    nobody = Memory(study, [event for event in events if not isinstance(event, ParticipantEnrolled)])
    with pytest.raises(ExportRefused, match="nobody is in the study golden yet"):
        export(nobody, "golden", Path("never"), NOW)
    assert not Path("never").exists()
