"""Reading a definition from YAML, with errors that name file, line and field."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from schemas.base import FieldError

_Model = TypeVar("_Model", bound=BaseModel)

Where = tuple[int | str, ...]
"""The path of a field, such as `("items", 2, "scale")`."""

_UNION_ERRORS = frozenset({"union_tag_invalid", "union_tag_not_found"})


@dataclass(frozen=True)
class Problem:
    """A problem in a definition.

    Attributes:
        line: Counted from 1.
        field: Path of the field, such as `items.2.scale.max`.
        message: What is wrong, and what is allowed.
    """

    line: int
    field: str
    message: str


class DefinitionError(ValueError):
    """A definition is invalid; the message has a line for each problem."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        lines = (f"{path}:{p.line}: {p.field + ': ' if p.field else ''}{p.message}" for p in problems)
        super().__init__("\n".join(lines))
        self.path = path
        self.problems = problems


@dataclass(frozen=True)
class Defined:
    """A YAML file's content.

    Attributes:
        path: The file.
        tree: Its content, with the position of each field.
    """

    path: Path
    tree: CommentedMap

    def problem(self, where: Where, message: str) -> Problem:
        """A problem with a field."""
        return Problem(_line(self.tree, where), ".".join(map(str, where)), message)

    def as_a(self, model: type[_Model]) -> _Model:
        """Validate the content as a model.

        Raises:
            DefinitionError: It is not valid.
        """
        try:
            return model.model_validate(self.tree)
        except ValidationError as error:
            found = (explained(problem, self.tree) for problem in error.errors(include_url=False))
            raise DefinitionError(self.path, [self.problem(*one) for one in found]) from None


def read_yaml(path: Path) -> Defined:
    """Read a YAML file that holds a mapping of fields.

    Raises:
        DefinitionError: The file cannot be read, is not YAML, or is not a mapping.
    """
    try:
        tree = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DefinitionError(path, [Problem(1, "", f"the file cannot be read: {error.strerror}")]) from None
    except ValueError as error:  # not UTF-8, or a null in the path
        raise DefinitionError(path, [Problem(1, "", f"the file cannot be read: {error}")]) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DefinitionError(path, [Problem(line, "", f"not valid YAML: {error.problem}")]) from None
    except YAMLError as error:
        raise DefinitionError(path, [Problem(1, "", f"not valid YAML: {error}")]) from None
    if not isinstance(tree, CommentedMap):
        raise DefinitionError(
            path, [Problem(1, "", "the file must be a mapping of fields, such as `id: ...`")]
        )
    return Defined(path, tree)


def explained(problem: Mapping[str, Any], tree: object) -> tuple[Where, str]:
    """The field that a problem concerns, and a sentence that says what is wrong and what is allowed.

    Args:
        problem: One of a pydantic `ValidationError`.
        tree: What was validated.
    """
    where, kind = _without_kinds(problem["loc"], tree)
    if problem["type"] in _UNION_ERRORS:
        where = (*where, "kind")
    if isinstance(error := problem.get("ctx", {}).get("error"), FieldError):
        where = (*where, *error.where)
    return where, _sentence(problem, f"kind `{kind}`" if kind else "")


def _without_kinds(path: Where, tree: object) -> tuple[Where, str]:
    """The path as in the file, and the kind of the object that the last field belongs to.

    In a union discriminated by `kind`, pydantic inserts the kind into the path as an extra step.
    """
    kept: list[int | str] = []
    node: Any = tree
    kind = holder = ""
    for step in path:
        if not kind and isinstance(node, Mapping) and step == node.get("kind"):
            kind = str(step)
            continue
        kept.append(step)
        holder, kind = kind, ""
        try:
            node = node[step]
        except (LookupError, TypeError):
            node = None
    return tuple(kept), holder


def _line(tree: Any, where: Where) -> int:
    """The line of the field, or of the innermost enclosing field that is in the file."""
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


def _sentence(problem: Mapping[str, Any], holder: str) -> str:
    context = problem.get("ctx", {})
    match problem["type"]:
        case "extra_forbidden":
            return f"{f'{holder} has' if holder else 'there is'} no such field; check the spelling"
        case "missing":
            return f"{holder} requires this field" if holder else "this field is required"
        case "union_tag_not_found":
            return "this field is required"
        case "union_tag_invalid":
            return f"{context['tag']!r} is not allowed; allowed: {context['expected_tags']}"
        case "value_error":
            return str(context["error"])
        case "enum" | "literal_error":
            return f"{problem['input']!r} is not allowed; allowed: {context['expected']}"
        case _:
            return f"{problem['msg']} (found {problem['input']!r:.60})"
