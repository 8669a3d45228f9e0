"""Reading a definition from YAML, with errors that name file, line and field."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Problem:
    """Something wrong in a definition.

    Attributes:
        line: Counted from 1.
        field: Path of the field, such as `items.2.scale.max`.
        message: What is wrong, and what is allowed.
    """

    line: int
    field: str
    message: str


class DefinitionError(ValueError):
    """A file that cannot be used; its text has a line for each problem."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        lines = (f"{path}:{p.line}: {p.field + ': ' if p.field else ''}{p.message}" for p in problems)
        super().__init__("\n".join(lines))
        self.path = path
        self.problems = problems


@dataclass(frozen=True)
class Defined:
    """A YAML file that was read.

    Attributes:
        path: Where it is.
        tree: What is in it, with the places of its fields.
    """

    path: Path
    tree: CommentedMap

    def problem(self, where: tuple[int | str, ...], message: str) -> Problem:
        """Something wrong at a field."""
        return Problem(_line(self.tree, where), ".".join(map(str, where)), message)

    def as_a(self, model: type[_Model]) -> _Model:
        """The file as a model.

        Raises:
            DefinitionError: It is none.
        """
        try:
            return model.model_validate(self.tree)
        except ValidationError as error:
            problems = [self.problem(p["loc"], _sentence(p)) for p in error.errors(include_url=False)]
            raise DefinitionError(self.path, problems) from None


def read_yaml(path: Path) -> Defined:
    """Read a YAML file that holds a mapping of fields.

    Raises:
        DefinitionError: The file cannot be read, or is no such YAML.
    """
    try:
        tree = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(path, [Problem(1, "", f"the file cannot be read: {error}")]) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DefinitionError(path, [Problem(line, "", f"not valid YAML: {error.problem}")]) from None
    except YAMLError as error:
        raise DefinitionError(path, [Problem(1, "", f"not valid YAML: {error}")]) from None
    if not isinstance(tree, CommentedMap):
        raise DefinitionError(path, [Problem(1, "", "the file is no mapping of fields, such as `id: ...`")])
    return Defined(path, tree)


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
