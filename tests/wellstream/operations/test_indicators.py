"""`wellstream indicators`, as a person or a program runs it."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from wellstream.cli.app import app

GOLDEN = str(Path(__file__).parents[2] / "golden" / "checkins.csv")
COLUMNS = ["participant", "indicator", "scale", "value", "n", "n_pairs", "reason", "notes"]


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["indicators", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_csv_in_full_precision_and_empty_where_undefined() -> None:
    rows = list(csv.DictReader(StringIO(run(GOLDEN))))
    assert list(rows[0]) == COLUMNS
    found = {(row["participant"], row["indicator"]): row for row in rows if row["scale"] == "valence"}
    assert float(found["P01", "mean"]["value"]) == 439 / 67
    assert list(found["P01", "mssd"].values()) == ["P01", "mssd", "valence", "8.0", "67", "51", "", ""]
    assert found["P11", "ar1_slope"]["value"] == ""
    assert found["P11", "ar1_slope"]["reason"] == "zero_variance"


def test_json_says_the_same_as_csv() -> None:
    rows = json.loads(run(GOLDEN, "--format", "json"))
    table = csv.reader(StringIO(run(GOLDEN)))
    assert next(table) == COLUMNS
    assert [["" if row[name] is None else str(row[name]) for name in COLUMNS] for row in rows] == list(table)


def test_single_participants_and_another_item() -> None:
    rows = json.loads(run(GOLDEN, "--format", "json", "--participant", "P02", "--item", "stress"))
    assert {row["participant"] for row in rows} == {"P02"}
    assert {row["scale"] for row in rows} == {"", "stress"}
    (mean,) = (row["value"] for row in rows if row["indicator"] == "mean")
    assert 1 <= mean <= 7


def test_an_item_of_a_measure_can_be_looked_at_alone() -> None:
    def means(*options: str) -> dict[str, float]:
        rows = json.loads(run(GOLDEN, "--format", "json", "--participant", "P01", *options))
        return {row["scale"]: row["value"] for row in rows if row["indicator"] == "mean"}

    measures = means()
    assert list(measures) == [
        "valence", "arousal", "positive_affect", "negative_affect", "stress", "coping_efficacy",
    ]  # fmt: skip
    items = [means("--item", item)[item] for item in ("na1", "na2", "na3")]
    assert measures["negative_affect"] == pytest.approx(sum(items) / 3)


def test_what_cannot_be_found_is_one_sentence(tmp_path: Path) -> None:
    for arguments, said in (
        ([GOLDEN, "--participant", "P99"], "has no participant 'P99'"),
        ([GOLDEN, "--item", "joy"], "has no scale or item 'joy'"),
        ([str(tmp_path / "none.csv")], "does not exist"),
    ):
        result = CliRunner().invoke(app, ["indicators", *arguments])
        assert result.exit_code == 1
        assert said in result.stderr
        assert "Traceback" not in result.output


@pytest.mark.slow
def test_the_command_gives_every_reference_value_of_a_participant() -> None:
    table = csv.DictReader(StringIO(run(GOLDEN, "--end", "2024-04-03T22:00Z")))
    found = {
        f"/participants/{row['participant']}/{row['indicator'].replace('pac_ge30pct', 'pac_ge3')}": row
        for row in table
        if row["scale"] in ("", "valence")
    }
    golden = json.loads(Path(GOLDEN).with_name("golden.json").read_text())["values"]
    wanted = {path: entry for path, entry in golden.items() if path.startswith("/participants/")}
    assert len(wanted) == 896
    for path, entry in wanted.items():
        row = found[path]
        if entry["value"] is None:
            assert (row["value"], row["reason"] != "") == ("", True), path
        else:
            assert abs(float(row["value"]) - entry["value"]) <= entry["tol"] * max(1, abs(entry["value"])), (
                path
            )
