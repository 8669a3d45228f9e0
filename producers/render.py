"""Pages of the web form, as text."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from producers.words import direction, words_in
from schemas.study import Item, Study

PAGES = Path(__file__).parent / "pages"
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(PAGES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def form_page(
    study: Study,
    language: str,
    submission_id: str,
    *,
    given: dict[str, list[str]] | None = None,
    problems: dict[str, str] | None = None,
    failure: str | None = None,
) -> str:
    """The form, with what was chosen before and what is wrong with it."""
    return _ENVIRONMENT.get_template("form.html").render(
        _frame(study, language)
        | {
            "items": [_item(study, item, language, (given or {}).get(item.id, [])) for item in study.items],
            "labels": {item.id: study.in_language(item.text, language) for item in study.items},
            "submission_id": submission_id,
            "problems": problems or {},
            "failure": failure,
        }
    )


def message_page(study: Study, language: str, message: str, more: str = "") -> str:
    """A page that says one thing; `message` and `more` name the gateway's own words."""
    words = words_in(language)
    return _ENVIRONMENT.get_template("message.html").render(
        _frame(study, language) | {"message": words[message], "more": words[more] if more else ""}
    )


def _frame(study: Study, language: str) -> dict[str, Any]:
    return {
        "language": language,
        "direction": direction(language),
        "title": study.in_language(study.title, language),
        "notice": study.in_language(study.safety.notice, language),
        "words": words_in(language),
    }


def _item(study: Study, item: Item, language: str, given: list[str]) -> dict[str, Any]:
    scale = item.scale
    return {
        "id": item.id,
        "kind": item.kind,
        "required": item.required,
        "text": study.in_language(item.text, language),
        "given": given,
        "numbers": range(scale.min, scale.max + 1) if scale else (),
        "low": study.in_language(scale.low, language) if scale else "",
        "high": study.in_language(scale.high, language) if scale else "",
        "options": [{"id": o.id, "text": study.in_language(o.text, language)} for o in item.options],
    }
