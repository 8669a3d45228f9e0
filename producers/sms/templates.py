"""The wording of outgoing texts: the study's own where it defines one, else the locale's."""

from collections.abc import Iterator, Mapping
from typing import assert_never

from locales import comma, sms_texts
from schemas.base import Channel
from schemas.events import PromptRequested, ReplyRequested
from schemas.study import (
    ChoiceItem,
    Item,
    MultipleChoiceItem,
    Scale,
    ScaleItem,
    Study,
    TextItem,
    YesNoItem,
    options_of,
)

_QUESTION = "question"
_LINK = "{link}"
_PARTS = frozenset({"reminder", "yes_no"})
_LONGEST_LINK = 80
"""Room for a link when segments are counted before one is made."""


def prompt_name(request: PromptRequested, study: Study) -> str:
    """The name of the text that asks for a check-in."""
    if request.channel == Channel.WEB or not study.sms:
        return "ask_web"
    return "ask_all" if study.conversation.ask == "all" else _QUESTION


def name_and_item(request: PromptRequested | ReplyRequested, study: Study) -> tuple[str, str | None]:
    """The name of the text to send, and the item that it is about, if any."""
    if isinstance(request, ReplyRequested):
        return request.reply, request.item
    name = prompt_name(request, study)
    return name, study.sms[0] if name == _QUESTION else None


def needs_link(study: Study, language: str, name: str) -> bool:
    """Whether a text contains a link to the form."""
    return name != _QUESTION and _LINK in _template(study, language, name)


def worded(study: Study, language: str, name: str, item: str | None = None, link: str = "") -> str:
    """A text in a language.

    Args:
        study: The study; its own texts take precedence.
        language: The participant's language.
        name: The text's name, such as `not_understood`, or `question` for the item's question.
        item: The item that the text is about, if any.
        link: The link to the form, if the text has one.

    Raises:
        KeyError: There is no text of that name.
    """
    asked = study.item(item) if item else None
    values = {
        "title": study.in_language(study.title, language),
        "notice": study.in_language(study.safety.notice, language),
        "names": comma(language).join(short_name(one, study, language) for one in _asked_all(study)),
        "count": str(len(study.sms)),
        "contacts": _contacts(study, language),
        "languages": ", ".join(study.languages),
        "link": link,
    }
    values |= _range(study, asked)
    values["question"] = _question(study, asked, language) if asked else ""
    values["ask"] = values["question"] or _fill(_template(study, language, "ask_all"), values)
    values["example"] = _example(study)
    if name == _QUESTION:
        return values["question"]
    return _fill(_fill(_template(study, language, name), values), values).strip()


def reminded(language: str, text: str) -> str:
    """The same text, marked as a reminder."""
    return f"{sms_texts(language).reminder} {text}"


def every_text(study: Study) -> Iterator[tuple[str, str, str]]:
    """Every text that the study may send: language, name, wording. A placeholder stands for each link."""
    link = "https://" + "x" * (_LONGEST_LINK - 8)
    for language in study.languages:
        asks = ["ask_all"] if study.conversation.ask == "all" and study.sms else []
        for name in dict.fromkeys((*asks, *sms_texts(language).names(), *study.texts)):
            if name in _PARTS:
                continue
            yield language, name, worded(study, language, name, link=link)
        for item in study.sms if study.conversation.ask == "each" else ():
            yield language, f"{_QUESTION}:{item}", worded(study, language, _QUESTION, item)


def short_name(item: Item, study: Study, language: str) -> str:
    """The short name of an item in a text."""
    names = item.sms.get(language) or item.sms.get(study.languages[0])
    return names[0] if names else item.id


def _template(study: Study, language: str, name: str) -> str:
    """The study's own text of that name, or else the locale's.

    Raises:
        KeyError: Neither has it.
    """
    text = study.texts.get(name)
    return study.in_language(text, language) if text else sms_texts(language)[name]


def _contacts(study: Study, language: str) -> str:
    """Whom to call, as a sentence; empty if the study names nobody."""
    named = [f"{study.in_language(one.name, language)}: {one.number}" for one in study.safety.contacts]
    return f"{comma(language).join(named)}." if named else ""


def _fill(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        part = "{" + name + "}"
        template = template.replace(part if value else f" {part}", value).replace(part, value)
    return template


def _asked_all(study: Study) -> list[Item]:
    return [item for name in study.sms if (item := study.item(name))]


def _range(study: Study, asked: Item | None) -> dict[str, str]:
    scales = _scales([asked] if asked else _asked_all(study))
    if not scales:
        return {"min": "1", "max": str(len(options_of(asked))) if asked else "1"}
    return {"min": str(min(scale.min for scale in scales)), "max": str(max(scale.max for scale in scales))}


def _scales(items: list[Item]) -> list[Scale]:
    return [item.scale for item in items if isinstance(item, ScaleItem)]


def _example(study: Study) -> str:
    scales = _scales(_asked_all(study))
    shares = (0.7, 0.3, 0.5)
    return " ".join(
        str(round(scale.min + (scale.max - scale.min) * shares[place % 3]))
        for place, scale in enumerate(scales)
    )


def _question(study: Study, item: Item, language: str) -> str:
    say = study.in_language
    text = say(item.sms_text or item.text, language)
    match item:
        case ScaleItem(scale=scale):
            low, high = say(scale.low, language), say(scale.high, language)
            return f"{text} {scale.min} = {low}, {scale.max} = {high}"
        case YesNoItem():
            return f"{text} ({sms_texts(language).yes_no})"
        case ChoiceItem(options=options) | MultipleChoiceItem(options=options):
            numbered = (f"{place} {say(one.text, language)}" for place, one in enumerate(options, start=1))
            return f"{text} {', '.join(numbered)}"
        case TextItem():
            return text
        case _:
            assert_never(item)
