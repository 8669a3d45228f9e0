"""The reference pages explain every command, setting, topic, event, table and view, and are up to date."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from schemas.events import Envelope
from schemas.settings import Settings
from schemas.topics import TOPICS
from streams.store.schema import ALL_TABLES
from streams.store.views import VIEWS
from wellstream.reference import DOCS, PAGES
from wellstream.reference.commands import Command, commands
from wellstream.reference.events import event_classes, parts_of_events, type_of
from wellstream.reference.licences import licences
from wellstream.reference.markdown import documented, meanings
from wellstream.reference.settings import variable

RERUN = "the page is out of date; run `uv run just docs` and commit what it writes"
COMMANDS = commands()[1:]
PAGES_WITH_LINKS = [*sorted(DOCS.rglob("*.md")), *sorted(DOCS.parent.glob("*.md"))]
PARTS = sorted(parts_of_events(), key=lambda part: part.__name__)
MODELS = [Envelope, *event_classes(), *(part for part in PARTS if issubclass(part, BaseModel))]


def sections(page: str) -> dict[str, str]:
    """What is under each heading; a heading for several names, `A`, `B`, counts for each."""
    found: dict[str, str] = {}
    for part in re.split(r"^#{2,4} ", (DOCS / page).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        for name in re.findall(r"`([^`]+)`", heading):
            found[name] = body.strip()
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_what_the_code_writes(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == PAGES[page](), RERUN


def test_every_package_is_listed_with_its_licence() -> None:
    page, needed = (DOCS / "licences.md").read_text(encoding="utf-8"), licences()
    assert len(needed) > 80
    assert not [name for name, licence in needed.items() if f"| `{name}` | {licence} |" not in page], RERUN
    assert "not stated" not in page


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_a_heading_a_meaning_and_an_example(command: Command) -> None:
    assert sections("commands.md").get(command.name), RERUN
    assert command.help, f"{command.name} has no help"
    assert command.group or re.search(rf"`[^`]*{command.name}", command.help), (
        f"the help of {command.name} has no example"
    )
    unexplained = [parameter.name for parameter in command.parameters if not parameter.help]
    assert not unexplained, f"{command.name} does not explain {unexplained}"


def test_every_setting_has_a_heading_and_a_meaning() -> None:
    headings = sections("settings.md")
    lacking = [name for name in Settings.model_fields if not headings.get(variable(name))]
    assert not lacking, f"document {lacking} in the docstring of schemas.settings.Settings, then `just docs`"


def test_the_settings_page_names_the_types_of_settings_in_words() -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert "| `WELLSTREAM_RECORD_RETENTION_DAYS` | whole number | none |" in page


def test_every_topic_has_a_heading_and_a_meaning() -> None:
    headings = sections("topics.md")
    assert not [topic.name for topic in TOPICS if topic.holds not in headings.get(topic.name, "")], RERUN


def test_every_event_has_a_heading_and_a_meaning() -> None:
    headings = sections("events.md")
    assert not [event for event in event_classes() if not headings.get(type_of(event))], RERUN


def test_every_table_and_view_has_a_heading_and_a_meaning() -> None:
    headings = sections("store.md")
    known = {one.name: one.meaning for one in ALL_TABLES} | {one.name: one.meaning for one in VIEWS}
    assert not [name for name, meaning in known.items() if not meaning or not headings.get(name)], RERUN


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_of_an_event_is_documented_by_its_name(model: type[BaseModel]) -> None:
    fields = set(model.model_fields) - {"type"}
    assert fields <= {name for name, meaning in meanings(model).items() if meaning}
    properties = {name for name in dir(model) if isinstance(getattr(model, name, None), property)}
    documents = {name for entry in documented(model) for name in entry.names}
    assert documents <= fields | properties, "the docstring documents a name that is not a field"


@pytest.mark.parametrize("page", PAGES_WITH_LINKS, ids=lambda page: page.name)
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^):#]+)[^):]*\)", page.read_text(encoding="utf-8"))
    assert not [target for target in targets if not (page.parent / target).exists()]
