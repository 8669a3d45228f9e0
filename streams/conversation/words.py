"""Words that steer a conversation, in every language: participants do not always use their own."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Literal

from locales import Commands, all_locales, known_locale
from locales.plain_text import plain, plain_words, words_of
from schemas.events import Intent
from schemas.study import Study

Command = Literal[
    Intent.OPT_OUT, Intent.OPT_IN, Intent.HELP, Intent.SKIP, Intent.BACK, Intent.RESTART, Intent.BEGIN
]
"""The intents that a text states with a command of its own."""


def reserved(text: str) -> Command | None:
    """The command that a text is, other than crisis, language and correction; None if it is none."""
    words = words_of(text)
    if _opts_out(words):
        return Intent.OPT_OUT
    return _whole_commands().get(" ".join(words))


def reserved_words() -> Mapping[str, Intent]:
    """Every phrase that is a command: a study must not name an item or an option with one."""
    opt_outs = _every(lambda commands: commands.opt_out)
    return {" ".join(words_of(phrase)): Intent.OPT_OUT for phrase in opt_outs} | _whole_commands()


def language_wanted(text: str, study: Study) -> str | None:
    """The study's language that a text such as `taal Arabisch` asks for.

    Empty if the study has no such language; None if the text asks for none.
    """
    words = words_of(text)
    if not words or words[0] not in _language_commands() or len(words) > 2:
        return None
    wanted = words[1] if len(words) > 1 else ""
    for language in study.languages:
        if wanted == plain(language) or wanted in _names(language):
            return language
    return ""


def correction(text: str) -> str | None:
    """What follows the command in a text such as `CHANGE mood 5`; None if the text is no correction."""
    first, _, rest = plain(text).partition(" ")
    return rest if first.rstrip(":") in _correction_commands() and rest else None


def _opts_out(words: tuple[str, ...]) -> bool:
    """Whether a text is an opt-out, once or more, with nothing else that matters."""
    text = _spaced(words)
    left = text
    for phrase in _opt_out_phrases():
        left = left.replace(phrase, "")
    return left != text and set(left.split()) <= _around_opt_out()


def _spaced(words: Iterable[str]) -> str:
    """Words with spaces of their own on both sides, so that only whole words are found."""
    return "".join(f" {word} " for word in words)


def _every(phrases: Callable[[Commands], Iterable[str]]) -> list[str]:
    return [phrase for locale in all_locales().values() for phrase in phrases(locale.commands)]


@cache
def _whole_commands() -> dict[str, Command]:
    """The commands that a text must consist of entirely, by their words."""
    found: dict[str, Command] = {}
    by_intent: tuple[tuple[Command, list[str]], ...] = (
        (Intent.OPT_IN, _every(lambda commands: commands.opt_in)),
        (Intent.HELP, _every(lambda commands: commands.help)),
        (Intent.SKIP, _every(lambda commands: commands.skip)),
        (Intent.BACK, _every(lambda commands: commands.back)),
        (Intent.RESTART, _every(lambda commands: commands.restart)),
        (Intent.BEGIN, _every(lambda commands: commands.begin)),
    )
    for intent, phrases in by_intent:
        found |= {" ".join(words_of(phrase)): intent for phrase in phrases}
    return found


@cache
def _opt_out_phrases() -> list[str]:
    """Longest first, so that no phrase is cut by a shorter one within it."""
    phrases = {_spaced(words_of(phrase)) for phrase in _every(lambda commands: commands.opt_out)}
    return sorted(phrases, key=lambda phrase: (-len(phrase), phrase))


@cache
def _around_opt_out() -> frozenset[str]:
    return plain_words(_every(lambda commands: commands.around_opt_out))


@cache
def _language_commands() -> frozenset[str]:
    return plain_words(_every(lambda commands: commands.language))


@cache
def _correction_commands() -> frozenset[str]:
    return plain_words(_every(lambda commands: commands.correct))


@cache
def _names(language: str) -> frozenset[str]:
    locale = known_locale(language)
    return plain_words(locale.names) if locale else frozenset()
