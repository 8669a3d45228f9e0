"""`wellstream study check`: what a study's texts cost."""

from pathlib import Path

from typer.testing import CliRunner

from tests.conftest import DEMO
from wellstream.cli import app


def test_a_text_that_is_dear_for_a_mark_alone_fails_the_check(tmp_path: Path) -> None:
    plain = DEMO.read_text(encoding="utf-8")
    dear = tmp_path / "dear.yaml"
    assert "Sorry, we could not" in plain
    dear.write_text(plain.replace("Sorry, we could not", "Sorry, we couldn’t"), encoding="utf-8")
    assert CliRunner().invoke(app, ["study", "check", str(DEMO)]).exit_code == 0
    found = CliRunner().invoke(app, ["study", "check", str(dear)])
    assert found.exit_code == 1
    assert "not_understood in en" in found.output
    assert "’" in found.output
