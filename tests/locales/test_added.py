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


@pytest.mark.slow
def test_a_language_is_added_with_a_file(tmp_path: Path) -> None:
    copy = tmp_path / "locales"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    YAML(typ="safe").dump(klingon(), copy / "tlh.yaml")
    assert set(load_locales(copy)) - set(all_locales()) == {"tlh"}
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "tests.locales.made_up"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
