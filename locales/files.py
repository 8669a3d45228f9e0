"""Reading the files of the languages, each once."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import TypeAdapter, ValidationError

from locales.model import FormTexts, GatewayTexts, Locale, SmsTexts, placeholders
from schemas.base import Language
from schemas.yaml_file import Defined, DefinitionError, Problem, read_yaml

_REFERENCE = "en"
"""The language whose texts stand in where another has none, and whose placeholders all others share."""

_LANGUAGE: TypeAdapter[str] = TypeAdapter(Language)


def load_locales(folder: Path) -> Mapping[str, Locale]:
    """Every language that has a file in a folder, by its tag.

    Raises:
        DefinitionError: A file is not named after a language, lacks a text, or has placeholders of its own.
    """
    found: dict[str, Locale] = {}
    files: dict[str, Defined] = {}
    for path in sorted(folder.glob("*.yaml")):
        files[_tag(path)] = defined = read_yaml(path)
        found[_tag(path)] = defined.as_a(Locale)
    for language, locale in found.items():
        problems = list(_foreign_placeholders(files[language], locale, found[_REFERENCE]))
        if problems:
            raise DefinitionError(files[language].path, problems)
    return MappingProxyType(found)


@cache
def all_locales() -> Mapping[str, Locale]:
    """Every language that we know a word of, by its tag."""
    return load_locales(Path(__file__).parent)


@cache
def text_languages() -> tuple[str, ...]:
    """The languages that we have texts in.

    English comes first. Those written from right to left come last, since they are hard to read in between
    the others.
    """
    ours = [(tag, one) for tag, one in all_locales().items() if one.form]
    ours.sort(key=lambda pair: (pair[0] != _REFERENCE, pair[1].direction == "rtl", pair[0]))
    return tuple(tag for tag, _ in ours)


def known_locale(language: str) -> Locale | None:
    """The file of a language, or of the language that it is a variety of, such as `nl` for `nl-BE`."""
    return all_locales().get(language) or all_locales().get(language.split("-")[0])


def has_texts(language: str) -> bool:
    """Whether we have texts in a language, so that English need not stand in for it."""
    locale = known_locale(language)
    return locale is not None and locale.form is not None


def form_texts(language: str) -> FormTexts:
    """The form's texts in a language; in English if we have none in it."""
    return next(one.form for one in _candidates(language) if one.form)


def sms_texts(language: str) -> SmsTexts:
    """The text messages in a language; in English if we have none in it."""
    return next(one.sms for one in _candidates(language) if one.sms)


def gateway_texts(language: str) -> GatewayTexts:
    """The gateway's answers in a language; in English if we have none in it."""
    return next(one.gateway for one in _candidates(language) if one.gateway)


def direction(language: str) -> str:
    """`rtl` for languages that are written from right to left, else `ltr`."""
    locale = known_locale(language)
    return locale.direction if locale else "ltr"


def bidi_number(value: int) -> str:
    """A whole number for a page; its minus stays in front of it in writing from right to left too."""
    return f"\u200e{value}" if value < 0 else str(value)


def comma(language: str) -> str:
    """What separates the elements of a list."""
    return (known_locale(language) or all_locales()[_REFERENCE]).comma


def _candidates(language: str) -> Iterator[Locale]:
    known = known_locale(language)
    if known is not None:
        yield known
    yield all_locales()[_REFERENCE]


def _tag(path: Path) -> str:
    try:
        return _LANGUAGE.validate_python(path.stem)
    except ValidationError:
        problem = Problem(1, "", "the file's name is not a language tag, such as nl.yaml or pt-BR.yaml")
        raise DefinitionError(path, [problem]) from None


def _foreign_placeholders(defined: Defined, locale: Locale, reference: Locale) -> Iterator[Problem]:
    for section, texts in locale.sections().items():
        originals = reference.sections()[section]
        if texts is None or originals is None:
            continue
        for name in texts.names():
            expected = placeholders(originals[name])
            if placeholders(texts[name]) != expected:
                listed = ", ".join(f"{{{one}}}" for one in sorted(expected)) or "none"
                yield defined.problem((section, name), f"its placeholders must be those in English: {listed}")
