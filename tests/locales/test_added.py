"""Adding a language is adding a file: a copy of the package with one more file knows it everywhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import locales
from locales import all_locales, form_texts, gateway_texts, load_locales, sms_texts
from locales.model import Commands, Texts
from tests.conftest import DEMO

PACKAGE = Path(locales.__file__).parent
ROOT = DEMO.parents[1]


def in_klingon(texts: Texts) -> dict[str, str]:
    return {name: f"tlh {texts[name]}" for name in texts.names()}


def klingon() -> dict[str, object]:
    commands = {name: [f"tlh{name}"] for name in Commands.model_fields}
    return {
        "direction": "rtl",
        "names": ["tlhIngan"],
        "commands": commands | {"help": ["tlhhelp tlhhelp"], "around_opt_out": ["tlharound"]},
        "answers": {
            "yes": ["tlhyes"],
            "no": ["tlhno"],
            "fillers": ["tlhfillers"],
            "out_of": ["tlhout_of"],
            "number_words": {7: ["Soch"]},
        },
        "form": in_klingon(form_texts("en")),
        "sms": in_klingon(sms_texts("en")),
        "gateway": in_klingon(gateway_texts("en")),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the package, which `run` imports in place of ours."""
    copy = tmp_path / "locales"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(folder.parent), str(ROOT)])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder.parent,
        env=os.environ | {"PYTHONPATH": paths, "COLUMNS": "300"},
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_a_language_is_added_with_a_file(folder: Path) -> None:
    YAML(typ="safe").dump(klingon(), folder / "tlh.yaml")
    assert set(load_locales(folder)) - set(all_locales()) == {"tlh"}
    done = run(folder, "-m", "tests.locales.made_up")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("service", ["gateway", "worker"])
def test_a_wrong_file_stops_a_service_before_it_starts(folder: Path, service: str) -> None:
    (folder / "tlh.yaml").write_text("direction: up\nnames: [tlhIngan]\n", encoding="utf-8")
    done = run(folder, "-c", f"from wellstream.cli.app import app; app(['serve', '{service}'])")
    assert done.returncode == 1
    assert "tlh.yaml:1: direction: 'up' is not allowed; allowed: 'ltr' or 'rtl'" in done.stderr
