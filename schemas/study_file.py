"""Reading a study definition from YAML, with errors that name file, line and field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from schemas.study import Study


@dataclass(frozen=True)
class Problem:
    """Something wrong in a study file.

    Attributes:
        line: Counted from 1.
        field: Path of the field, such as `items.2.scale.max`.
        message: What is wrong, and what is allowed.
    """

    line: int
    field: str
    message: str


class StudyError(ValueError):
    """A study file that cannot be used; its text has a line for each problem."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        lines = (f"{path}:{p.line}: {p.field + ': ' if p.field else ''}{p.message}" for p in problems)
        super().__init__("\n".join(lines))
        self.path = path
        self.problems = problems


def load_study(path: Path) -> Study:
    """The study that a YAML file defines.

    Raises:
        StudyError: The file cannot be read, is no YAML, or does not define a study.
    """
    tree = _parse(path)
    try:
        study = Study.model_validate(tree)
    except ValidationError as error:
        problems = [
            Problem(_line(tree, p["loc"]), ".".join(map(str, p["loc"])), _sentence(p))
            for p in error.errors(include_url=False)
        ]
        raise StudyError(path, problems) from None
    missing = [
        Problem(_line(tree, where), ".".join(map(str, where)), f"there is no text in {', '.join(lacking)}")
        for where, lacking in _missing_languages(study, study.languages)
    ]
    if missing:
        raise StudyError(path, missing)
    return study


def _parse(path: Path) -> CommentedMap:
    try:
        tree = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(path, [Problem(1, "", f"the file cannot be read: {error}")]) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise StudyError(path, [Problem(line, "", f"not valid YAML: {error.problem}")]) from None
    except YAMLError as error:
        raise StudyError(path, [Problem(1, "", f"not valid YAML: {error}")]) from None
    if not isinstance(tree, CommentedMap):
        raise StudyError(path, [Problem(1, "", "a study is a mapping of fields: id, version, title, ...")])
    return tree


def _line(tree: Any, where: tuple[int | str, ...]) -> int:
    """The line of the field, or of the nearest thing around it that stands in the file."""
    line = 1
    node = tree
    for step in where:
        if isinstance(node, CommentedMap) and step in node:
            line = node.lc.key(step)[0] + 1
        elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
            line = node.lc.item(step)[0] + 1
        else:
            return line
        node = node[step]
    return line


def _sentence(problem: Mapping[str, Any]) -> str:
    context = problem.get("ctx", {})
    match problem["type"]:
        case "extra_forbidden":
            return "there is no such field; look at the spelling"
        case "missing":
            return "this field is required"
        case "value_error":
            return str(context["error"])
        case "enum" | "literal_error":
            return f"{problem['input']!r} is not allowed; allowed: {context['expected']}"
        case _:
            return f"{problem['msg']} (found {problem['input']!r:.60})"


def _missing_languages(
    node: object, languages: tuple[str, ...], where: tuple[int | str, ...] = ()
) -> Iterator[tuple[tuple[int | str, ...], list[str]]]:
    """Every text of a study that is not given in all its languages."""
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
        elif node and (lacking := [language for language in languages if language not in node]):
            yield where, lacking
