"""Reading a study definition from YAML, with errors that name file, line and field."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from schemas.study import Study
from schemas.yaml_file import DefinitionError, Where, read_yaml


def load_study(path: Path) -> Study:
    """Load the study that a YAML file defines.

    Raises:
        DefinitionError: The file cannot be read, is not YAML, or does not define a study.
    """
    defined = read_yaml(path)
    study = defined.as_a(Study)
    missing = [
        defined.problem(where, f"the text is missing in {', '.join(lacking)}")
        for where, lacking in _missing_languages(study, study.languages)
    ]
    if missing:
        raise DefinitionError(path, missing)
    return study


def _missing_languages(
    node: object, languages: tuple[str, ...], where: Where = ()
) -> Iterator[tuple[Where, list[str]]]:
    """Texts of a study that are missing in some of its languages."""
    if isinstance(node, BaseModel):
        for name in type(node).model_fields:
            yield from _missing_languages(getattr(node, name), languages, (*where, name))
    elif isinstance(node, tuple):
        for index, element in enumerate(node):
            yield from _missing_languages(element, languages, (*where, index))
    elif isinstance(node, dict):
        if node and all(isinstance(value, dict) for value in node.values()):
            for name, texts in node.items():
                yield from _missing_languages(texts, languages, (*where, name))
        elif not any(isinstance(value, float) for value in node.values()):  # numbers are in no language
            lacking = [language for language in languages if node and language not in node]
            if lacking:
                yield where, lacking
