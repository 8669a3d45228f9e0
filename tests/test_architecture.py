"""Every file that the architecture, the decisions and the contributor's guide name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PATH = re.compile(r"`((?:schemas|locales|producers|streams|dashboard|wellstream|tests|docs)/[\w/.]*)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
PAGES = [
    ROOT / "docs" / "architecture.md",
    ROOT / "docs" / "concepts.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
]
STEPS = 14
CHANGES = 14


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [name for name in PATH.findall(text) if not (ROOT / name).exists()]
    missing += [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    assert missing == []


def test_every_step_and_every_change_names_a_file() -> None:
    rows = [row for row in PAGES[0].read_text(encoding="utf-8").splitlines() if row.startswith("| ")]
    steps = [row for row in rows if re.match(r"\| \d+ \|", row)]
    changes = [row for row in rows if re.match(r"\| (add|change|swap) ", row)]
    assert (len(steps), len(changes)) == (STEPS, CHANGES)
    assert [row for row in steps + changes if not PATH.search(row)] == []


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(LINK.findall((folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {page.name for page in folder.glob("0*.md")}
