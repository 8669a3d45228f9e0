"""The examples of docs/instruments.md run as they stand."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from wellstream.cli.app import app

PAGE = (Path(__file__).parents[3] / "docs" / "instruments.md").read_text(encoding="utf-8")
EXAMPLES = [
    line.partition("#")[0] for line in re.findall(r"^    uv run wellstream (.+)$", PAGE, re.MULTILINE)
]
HEADER = "participant,1,2,3,4,5,6,7\n"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, answers in (
        ("pre.csv", "3,3,3,2,2,2,2"),
        ("post.csv", "1,0,1,0,0,1,0"),
        ("answers.csv", "1,1,1,0,0,0,0"),
    ):
        Path(name).write_text(f"{HEADER}P01,{answers}\n", encoding="utf-8")
    ran = CliRunner().invoke(app, shlex.split(example.partition(">")[0]), catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    if "change" in example:
        assert "reliable improvement" in " ".join(ran.stdout.split())


def test_there_are_examples_of_every_command_on_instruments() -> None:
    assert {one.split()[1] for one in EXAMPLES} == {"list", "show", "score", "change"}
