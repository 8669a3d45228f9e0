"""The form and its messages as HTML. They work without JavaScript and show no earlier check-ins."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

from jinja2 import Environment, FileSystemLoader, select_autoescape

from locales import bidi_number, direction, form_texts, text_languages
from producers.forms.assets import SCRIPT_ADDRESS, STYLE_ADDRESS
from producers.forms.fields import HELPER_FIELDS, LONGEST_TEXT, Problem, Reading, is_asked
from producers.forms.navigation import Steps, what_follows
from schemas.study import (
    ChoiceItem,
    Item,
    MultipleChoiceItem,
    Option,
    Scale,
    ScaleItem,
    Study,
    TextItem,
    YesNoItem,
)

_HERE = Path(__file__).parent
_PAGES = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=select_autoescape(),
    trim_blocks=True,
    lstrip_blocks=True,
)
_BETWEEN_TAGS = re.compile(r">\s*\n\s*<")


@dataclass(frozen=True)
class FormPage:
    """What a form page shows.

    Attributes:
        study: The definition.
        language: The participant's language.
        submission_id: Identifies this submission; a hidden field.
        opened_at: When the first page was rendered; a hidden field.
        steps: The pages up to this one.
        fields: The fields just submitted: shown again, or carried along if they belong to another page.
        problems: What is wrong with them.
        heading: Key of the summary's title among the form's texts; empty for no summary.
        note: Key of the summary's text; empty for none.
        call: Whether what was written calls for help: then the page begins with whom to call.
    """

    study: Study
    language: str
    submission_id: str
    opened_at: str
    steps: Steps
    fields: Sequence[tuple[str, str]] = ()
    problems: tuple[Problem, ...] = ()
    heading: str = ""
    note: str = ""
    call: bool = False


def render_form(page: FormPage) -> str:
    """The page's questions as HTML."""
    ui = form_texts(page.language)
    complaints = {problem.item: ui[problem.complaint] for problem in page.problems if problem.item}
    asked = [item for item in page.study.items if item.id in page.steps[-1]]
    items = [_item(page, item, complaints.get(item.id, "")) for item in asked]
    follows = what_follows(page.study, page.steps)
    return _render(
        "form.html",
        **_frame(page.study, page.language, call="h2" if page.call else ""),
        **_hidden_fields(page),
        title=page.study.in_language(page.study.title, page.language),
        more=ui.more if len(page.steps) > 1 else "",
        items=items,
        optional=any(item.required for item in asked) and not all(item.required for item in asked),
        longest=LONGEST_TEXT,
        action=follows,
        action_text=ui[follows],
        summary_title=ui[page.heading] if page.heading else "",
        summary_text=ui[page.note] if page.note else "",
        summary=[{"target": item["target"], "text": item["text"]} for item in items if item["complaint"]],
    )


def render_review(page: FormPage, reading: Reading) -> str:
    """The review: every question with its answer, to be changed or sent."""
    ui = form_texts(page.language)
    shown = {name for step in page.steps for name in step}
    asked = [i for i in page.study.items if i.id in shown and is_asked(i, reading.answers)]
    items = [_item(page, item, "") for item in asked]
    return _render(
        "review.html",
        **_frame(page.study, page.language, call="h2" if page.call else ""),
        **_hidden_fields(page),
        title=ui.review_title,
        lines=[{"item": item, "answers": _answer_lines(item) or [ui.unanswered]} for item in items],
    )


def with_problems(page: FormPage, problems: tuple[Problem, ...]) -> FormPage:
    """The same page, with its problems."""
    about_form = next((problem.complaint for problem in problems if not problem.item), "")
    return replace(page, problems=problems, heading="problems_title", note=about_form)


def render_message(
    study: Study | None,
    language: str | None,
    name: str,
    picture: dict[str, object] | None = None,
    *,
    call: bool = False,
) -> str:
    """A message page, such as `thanks`; in every language if the participant's is not known.

    Args:
        study: The definition, for its notice; None if it is not known.
        language: The participant's language; None if it is not known.
        name: Key of the message among the form's texts.
        picture: The chart of the participant's last two weeks.
        call: Whether what was written calls for help: then the page begins with whom to call.
    """
    languages = (language,) if language else text_languages()
    first = languages[0]
    parts = [
        {
            "language": one,
            "direction": direction(one),
            "title": form_texts(one)[f"{name}_title"],
            "text": form_texts(one)[name],
        }
        for one in languages
    ]
    return _render(
        "message.html",
        **_frame(study, first, call="h1" if call else ""),
        title=form_texts(first).call_title if call else parts[0]["title"],
        parts=parts,
        picture=picture,
        done=name if name in ("thanks", "already") else "",
    )


def _render(template: str, **values: object) -> str:
    # Line breaks between tags make the templates readable; telephones need not download them.
    return _BETWEEN_TAGS.sub("><", _PAGES.get_template(template).render(**values))


def _frame(study: Study | None, language: str, call: str = "") -> dict[str, object]:
    """What every page has; `call` is the element of the heading over whom to call, empty for none."""
    return {
        "call": call,
        "contacts": _contacts(study, language) if study else [],
        "language": language,
        "direction": direction(language),
        "ui": form_texts(language),
        "notice": study.in_language(study.safety.notice, language) if study else "",
        "stylesheet": STYLE_ADDRESS,
        "script": SCRIPT_ADDRESS,
    }


def _contacts(study: Study, language: str) -> list[dict[str, str]]:
    return [
        {"name": study.in_language(one.name, language), "number": one.number, "address": one.address}
        for one in study.safety.contacts
    ]


def _hidden_fields(page: FormPage) -> dict[str, object]:
    here = page.steps[-1]
    return {
        "submission_id": page.submission_id,
        "opened_at": page.opened_at,
        "steps": [" ".join(step) for step in page.steps],
        "carried": [
            (name, value)
            for name, value in page.fields
            if name not in HELPER_FIELDS and name not in here and value.strip() and page.study.item(name)
        ],
    }


def _item(page: FormPage, item: Item, complaint: str) -> dict[str, object]:
    given = [value for name, value in page.fields if name == item.id]
    shown: dict[str, object] = {
        "id": item.id,
        "required": item.required,
        "forced": item.required,
        "text": page.study.in_language(item.text, page.language),
        "hint": "",
        "complaint": complaint,
        "target": f"{item.id}-1",
    } | _widget(page, item, given)
    shown["described_by"] = f"{item.id}-hint" if shown["hint"] else ""
    return shown


def _widget(page: FormPage, item: Item, given: list[str]) -> dict[str, object]:
    """The controls for an item: `widget` is `buttons` or `textarea`, the rest is for its template."""
    ui = form_texts(page.language)
    match item:
        case ScaleItem():
            numbers = [(str(one), bidi_number(one)) for one in range(item.scale.min, item.scale.max + 1)]
            return _buttons(numbers, given, layout="scale") | {"ends": _ends(page, item.scale)}
        case YesNoItem():
            return _buttons([("1", ui.yes), ("0", ui.no)], given, layout="two")
        case ChoiceItem():
            return _buttons(_options(page, item.options), given)
        case MultipleChoiceItem():
            # `required` on a checkbox demands that very box, where any of them will do.
            boxes = {"box": "checkbox", "forced": False, "hint": ui.choose_any}
            return _buttons(_options(page, item.options), given) | boxes
        case TextItem():
            return {"widget": "textarea", "written": "\n".join(given)}
        case _:
            assert_never(item)


def _buttons(pairs: Sequence[tuple[str, str]], given: list[str], layout: str = "") -> dict[str, object]:
    choices = [{"value": value, "text": text, "chosen": value in given} for value, text in pairs]
    return {"widget": "buttons", "box": "radio", "layout": layout, "choices": choices, "ends": None}


def _options(page: FormPage, options: Sequence[Option]) -> list[tuple[str, str]]:
    return [(option.id, page.study.in_language(option.text, page.language)) for option in options]


def _ends(page: FormPage, scale: Scale) -> dict[str, str]:
    low, high = (page.study.in_language(texts, page.language) for texts in (scale.low, scale.high))
    return {"first": bidi_number(scale.min), "last": bidi_number(scale.max), "low": low, "high": high}


def _answer_lines(item: dict[str, object]) -> list[str]:
    if item["widget"] == "textarea":
        return [str(item["written"])] if item["written"] else []
    choices, ends = item["choices"], item["ends"]
    chosen = [str(one["text"]) for one in choices if one["chosen"]] if isinstance(choices, list) else []
    if isinstance(ends, dict):
        labels = f"({ends['first']} = {ends['low']} · {ends['last']} = {ends['high']})"
        return [f"{text} {labels}" for text in chosen]
    return chosen
