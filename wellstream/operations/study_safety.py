"""What a study lacks to answer a cry for help, in each of its languages."""

from collections.abc import Iterator
from pathlib import Path

from schemas.study import OwnInitiative, Study, TextItem
from schemas.study.file import load_study
from schemas.yaml_file import DefinitionError, Where, read_yaml


def takes_words(study: Study) -> bool:
    """Whether participants can write to the study: in the form, or back to a number that texts them."""
    texted = any(not isinstance(rule, OwnInitiative) for rule in study.schedule.prompts)
    return texted or bool(study.sms) or any(isinstance(item, TextItem) for item in study.items)


def missing_help(study: Study) -> Iterator[tuple[Where, str]]:
    """Each field in which something is missing, and what; nothing if participants cannot write.

    That what is given is there in every language is a rule of every study file (`schemas.study.file`).
    """
    safety = study.safety
    if takes_words(study) and not safety.contacts:
        yield (
            ("safety", "contacts"),
            "participants can write, and nobody is named whom they could call: give `contacts`, each with a "
            "`name` in every language and a `number`",
        )
    if takes_words(study) and not all(safety.crisis.get(language) for language in study.languages):
        yield (
            ("safety", "crisis"),
            "participants can write, and there are no crisis words: have clinicians say, in every language, "
            "what people write there, in addition to the words in locales/",
        )
    for language, phrases in safety.crisis.items():
        for place, phrase in enumerate(phrases):
            if not any(letter.isalpha() for letter in phrase):
                yield (
                    ("safety", "crisis", language, place),
                    f"{phrase!r} has no letters, so it is never found",
                )


def require_help(file: Path) -> None:
    """Refuse a study file that cannot answer a cry for help.

    Raises:
        DefinitionError: It cannot, or does not define a study; the message names file, line and field.
    """
    lacking, defined = list(missing_help(load_study(file))), read_yaml(file)
    if lacking:
        raise DefinitionError(file, [defined.problem(*one) for one in lacking])
