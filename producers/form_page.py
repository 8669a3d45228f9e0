"""The form and the friendly messages as HTML. They work without JavaScript and show no past answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

from producers.form import LONGEST_TEXT, Problem
from producers.ui_words import LANGUAGES, direction, words
from schemas.identity import digest
from schemas.study import Item, Study

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
STYLESHEET = f"/static/form.css?v={digest((STATIC / 'form.css').read_text(encoding='utf-8'))[:12]}"
_PAGES = Environment(
    loader=FileSystemLoader(_HERE / "pages"),
    autoescape=select_autoescape(),
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class FormPage:
    """What a form page shows.

    Attributes:
        study: The definition.
        language: The participant's language.
        submission_id: Travels with the form and names this filling-in.
        fields: What was sent a moment ago, to be shown again when it could not be taken.
        problems: What is wrong with it.
        heading: Name of our words for the summary's title, with `note` for its text; empty for none.
        note: See `heading`.
    """

    study: Study
    language: str
    submission_id: str
    fields: Sequence[tuple[str, str]] = ()
    problems: tuple[Problem, ...] = ()
    heading: str = ""
    note: str = ""


def render_form(page: FormPage) -> str:
    """The form as HTML."""
    ui = words(page.language)
    complaints = {problem.item: ui[problem.complaint] for problem in page.problems if problem.item}
    items = [_item(page, item, complaints.get(item.id, "")) for item in page.study.items]
    return _PAGES.get_template("form.html").render(
        **_frame(page.study, page.language),
        title=page.study.in_language(page.study.title, page.language),
        items=items,
        longest=LONGEST_TEXT,
        submission_id=page.submission_id,
        summary_title=ui[page.heading] if page.heading else "",
        summary_text=ui[page.note] if page.note else "",
        summary=[
            {"target": item["target"], "text": f"{item['text']} {item['complaint']}"}
            for item in items
            if item["complaint"]
        ],
    )


def with_problems(page: FormPage, problems: tuple[Problem, ...]) -> FormPage:
    """The same page, with what is wrong."""
    whole = next((problem.complaint for problem in problems if not problem.item), "")
    return replace(page, problems=problems, heading="problems_title", note=whole)


def render_message(study: Study | None, language: str | None, name: str) -> str:
    """One of our messages, such as `thanks`; in all our languages where the person's is not known."""
    languages = (language,) if language else LANGUAGES
    first = languages[0]
    parts = [
        {
            "language": one,
            "direction": direction(one),
            "title": words(one)[f"{name}_title"],
            "text": words(one)[name],
        }
        for one in languages
    ]
    frame = _frame(study, first)
    return _PAGES.get_template("message.html").render(**frame, title=parts[0]["title"], parts=parts)


def _frame(study: Study | None, language: str) -> dict[str, object]:
    return {
        "language": language,
        "direction": direction(language),
        "ui": words(language),
        "notice": study.in_language(study.safety.notice, language) if study else "",
        "stylesheet": STYLESHEET,
    }


def _item(page: FormPage, item: Item, complaint: str) -> dict[str, object]:
    ui = words(page.language)
    say = page.study.in_language
    given = [value for name, value in page.fields if name == item.id]
    hints = [ui["choose_any"]] if item.kind == "choices" else []
    hints += [] if item.required else [ui["optional"]]
    shown: dict[str, object] = {
        "id": item.id,
        "kind": item.kind,
        "text": say(item.text, page.language),
        "hint": " ".join(hints),
        "complaint": complaint,
        "target": f"{item.id}-1",
        "written": "\n".join(given) if item.kind == "text" else "",
        "choices": _choices(page, item, given),
    }
    described = [("complaint", complaint), ("hint", hints), ("ends", item.scale)]
    shown["described_by"] = " ".join(f"{item.id}-{part}" for part, there in described if there)
    if item.scale:
        low, high = say(item.scale.low, page.language), say(item.scale.high, page.language)
        shown |= {"first": item.scale.min, "last": item.scale.max, "low": low, "high": high}
    return shown


def _choices(page: FormPage, item: Item, given: list[str]) -> list[dict[str, object]]:
    if item.scale:
        pairs = [(str(number), str(number)) for number in range(item.scale.min, item.scale.max + 1)]
    else:
        pairs = [(option.id, page.study.in_language(option.text, page.language)) for option in item.options]
    return [
        {"target": f"{item.id}-{place}", "value": value, "text": text, "chosen": value in given}
        for place, (value, text) in enumerate(pairs, start=1)
    ]
