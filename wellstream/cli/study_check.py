"""`wellstream study check`: is a definition valid, what do its texts cost, and can all of it be used?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from wellstream.cli.errors import report_errors
from wellstream.cli.output import out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from producers.sms.segments import Segments
    from schemas.study import Study
    from schemas.yaml_file import Defined, Problem, Where

_MOST_SEGMENTS = 10
"""The most parts (SMS) that providers accept for one text."""


@dataclass(frozen=True)
class _Text:
    """A text that the study may send.

    Attributes:
        language: The language it is in.
        name: Such as `help`, or `question:mood`.
        words: What is sent.
        cost: Its encoding and number of SMS.
    """

    language: str
    name: str
    words: str
    cost: Segments

    @property
    def unprompted(self) -> bool:
        """Whether the study sends it unprompted, rather than as a reply."""
        return self.name in ("ask_all", "ask_web") or self.name.startswith(("question:", "reminder of "))


def study_check(file: Annotated[Path, typer.Argument(help="The study's YAML file.")]) -> None:
    """Check a study definition: report file, line, field and what is allowed, and count its texts' SMS.

    It also fails if a text needs the more expensive encoding (UCS-2) only for a character such as ’, if a
    text takes too many SMS, if a word for an item is a command such as STOP, or if participants can write and
    a notice about help, somebody to call, or crisis words are missing in a language.

    Example: `wellstream study check studies/demo.yaml`
    """
    report_errors(lambda: _check(file))


def _check(file: Path) -> None:
    from schemas.study.file import load_study
    from schemas.yaml_file import DefinitionError, read_yaml
    from wellstream.operations.study_safety import missing_help

    study = load_study(file)
    texts = list(_texts(study))
    defined = read_yaml(file)
    problems = [
        *_commands(study, defined),
        *_accidents(study, defined, texts),
        *_too_long(study, defined, texts),
        *(defined.problem(where, message) for where, message in missing_help(study)),
    ]
    _print_costs(study, texts)
    if problems:
        raise DefinitionError(file, sorted(problems, key=lambda problem: problem.line))
    reference = _reference(study)
    out.print(
        f"{file}: {study.ref} is valid: arms {len(study.arms)}, interventions {len(study.interventions)}, "
        f"items {len(study.items)}, languages {', '.join(study.languages)}"
        f"{f'; {reference}' if reference else ''}",
        soft_wrap=True, highlight=False, markup=False,
    )  # fmt: skip


def _reference(study: Study) -> str:
    """Which arm reports compare the others with, and why; empty if there is but one."""
    if len(study.arms) == 1:
        return ""
    named = study.reference.id
    if study.reference_arm:
        why = "as `reference_arm` says"
    elif any(phase.interventions for phase in study.reference.phases):
        why = "the first; `reference_arm` can name another"
    else:
        why = "the first without interventions; `reference_arm` can name another"
    return f"reports compare the other arms with {named} ({why})"


def _texts(study: Study) -> Iterator[_Text]:
    """Every text in every language, and prompts also as reminders if there are any."""
    from producers.sms.segments import count_segments
    from producers.sms.templates import every_text, reminded

    for language, name, words in every_text(study):
        text = _Text(language, name, words, count_segments(words))
        yield text
        if text.unprompted and study.schedule.reminders_minutes:
            again = reminded(language, words)
            yield _Text(language, f"reminder of {name}", again, count_segments(again))


def _print_costs(study: Study, texts: list[_Text]) -> None:
    table = Table("language", "encoding", "texts", "longest")
    for language in study.languages:
        own = [text for text in texts if text.language == language]
        counts = [text.cost.count for text in own]
        most = max(counts)
        spread = "\n".join(f"{counts.count(count)} of {count} SMS" for count in sorted(set(counts)))
        longest = ", ".join(text.name for text in own if text.cost.count == most) if most > 1 else ""
        table.add_row(language, _encoding(own), spread, longest)
    out.print(table)


def _encoding(texts: list[_Text]) -> str:
    """The encoding; if only some texts need UCS-2, the characters that require it."""
    characters = dict.fromkeys(char for text in texts for char in text.cost.letters)
    found = {text.cost.encoding for text in texts}
    if found == {"GSM-7", "UCS-2"} and characters:
        return f"GSM-7, UCS-2 for {' '.join(list(characters)[:6])}"
    return ", ".join(sorted(found))


def _commands(study: Study, defined: Defined) -> Iterator[Problem]:
    """Words for items and answers that the conversation takes for commands."""
    from locales.text_rules import text_alert
    from streams.conversation.words import correction, language_wanted, reserved

    for where, word in _spoken(study):
        meaning = reserved(word)
        if meaning is not None:
            command = meaning.value.replace("_", " ")
        elif correction(f"{word} 5"):
            command = "correction"
        elif language_wanted(word, study) is not None:
            command = "language"
        elif text_alert(word, study):
            command = "crisis word"
        else:
            continue
        yield defined.problem(
            where, f"{word!r} is a command in a text message ({command}); choose another word"
        )


def _spoken(study: Study) -> Iterator[tuple[Where, str]]:
    """What participants may write: words for items, and the options of items asked by text message."""
    from schemas.study import options_of

    for index, item in enumerate(study.items):
        for language, names in item.sms.items():
            for place, name in enumerate(names):
                yield ("items", index, "sms", language, place), name
        if item.id not in study.sms:
            continue
        if study.languages[0] not in item.sms:
            yield ("items", index, "id"), item.id
        for place, option in enumerate(options_of(item)):
            for language, text in option.text.items():
                yield ("items", index, "options", place, "text", language), text


def _accidents(study: Study, defined: Defined, texts: list[_Text]) -> Iterator[Problem]:
    """Texts that need UCS-2 only for a typographic character, each at the field that has it."""
    from producers.sms.segments import named

    found: dict[tuple[Where, str, tuple[str, ...]], list[_Text]] = {}
    for text in texts:
        if not text.cost.accidental:
            continue
        sources = list(_sources(study, text)) or [((), text.cost.foreign)]
        for where, signs in sources:
            found.setdefault((where, text.language, signs), []).append(text)
    for (where, language, signs), expensive in found.items():
        names = ", ".join(text.name for text in expensive)
        most = max(text.cost.count for text in expensive)
        yield defined.problem(
            where,
            f"{names} in {language}: UCS-2 (70 characters an SMS, up to {most} SMS) is needed only for "
            f"{', '.join(map(named, signs))}; replace it with plain characters",
        )


def _sources(study: Study, text: _Text) -> Iterator[tuple[Where, tuple[str, ...]]]:
    """The fields that bring a text its UCS-2 characters, and these characters."""
    for where, value in _fields(study.model_dump(mode="json"), ()):
        own = where[:2] == ("texts", text.name)
        signs = tuple(sign for sign in text.cost.foreign if sign in value)
        if signs and text.language in where and (own or value.strip() in text.words):
            yield where, signs


def _fields(node: object, where: Where) -> Iterator[tuple[Where, str]]:
    if isinstance(node, str):
        yield where, node
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from _fields(value, (*where, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _fields(value, (*where, index))


def _too_long(study: Study, defined: Defined, texts: list[_Text]) -> Iterator[Problem]:
    """Texts that no provider accepts, or that exceed the daily limit and would never be sent."""
    budget = study.schedule.max_segments_per_day
    unasked = study.schedule.support.texts if study.schedule.support else ()
    for text in texts:
        where: Where = ("texts", text.name, text.language) if text.name in study.texts else ()
        count = f"{text.name} in {text.language} takes {text.cost.count} SMS ({text.cost.encoding})"
        if text.cost.count > _MOST_SEGMENTS:
            yield defined.problem(where, f"{count}; providers refuse more than {_MOST_SEGMENTS}; shorten it")
        elif text.cost.count > budget and (text.unprompted or text.name in unasked):
            yield defined.problem(
                ("schedule", "max_segments_per_day"),
                f"{count}, but the limit is {budget} a day, so it would never be sent; "
                "raise the limit or shorten the text",
            )
