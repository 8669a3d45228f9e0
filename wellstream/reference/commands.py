"""docs/commands.md: every command with its help, arguments and options."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import typer

from wellstream.cli.app import app
from wellstream.reference.markdown import generated_head, paragraphs, table

_INTRODUCTION = """\
`wellstream COMMAND --help` shows the same in the terminal. Commands that need a running installation use
the one that `wellstream up` or `wellstream demo` runs from this folder. A [setting](settings.md) in the
environment comes first, and leads to what runs elsewhere.
"""


@dataclass(frozen=True)
class Command:
    """A command as people type it.

    Attributes:
        name: With the groups that it is in, such as `wellstream study check`.
        help: Its help text, in markdown.
        parameters: Its arguments and options, as the parser has them.
        group: Whether it only holds other commands.
    """

    name: str
    help: str
    parameters: tuple[Any, ...]
    group: bool


def commands() -> list[Command]:
    """Every command and group of commands, in the order of `--help`."""
    return list(_walk("wellstream", typer.main.get_command(app)))


def commands_page() -> str:
    """The page."""
    parts = [generated_head("Commands", "the docstrings in `wellstream/cli/`"), _INTRODUCTION]
    for command in commands()[1:]:
        level = "##" if len(command.name.split()) == 2 else "###"
        parts += [f"{level} `{command.name}`\n", paragraphs(command.help) + "\n"]
        if not command.group:
            parts += [f"    {_usage(command)}\n"]
        if command.parameters and not command.group:
            rows = [(_shown(one), str(one.help or ""), _default(one)) for one in command.parameters]
            parts += [table(("argument or option", "meaning", "default"), rows) + "\n"]
    return "\n".join(parts)


def _walk(name: str, command: Any) -> Iterator[Command]:
    inner: dict[str, Any] = getattr(command, "commands", {})
    # Completion is the shell's business, not a command's.
    parameters = tuple(one for one in command.params if "completion" not in one.name and one.name != "help")
    yield Command(name, command.help or "", parameters, bool(inner))
    for short, one in inner.items():
        yield from _walk(f"{name} {short}", one)


def _usage(command: Command) -> str:
    pieces = [_shown(one).strip("`") for one in command.parameters if one.param_type_name == "argument"]
    options = [one for one in command.parameters if one.param_type_name == "option"]
    pieces += [_shown(one).strip("`") for one in options if one.required]
    rest = ["[OPTIONS]"] if len(pieces) < len(command.parameters) else []
    return " ".join([command.name, *pieces, *rest])


def _shown(parameter: Any) -> str:
    value = parameter.metavar or str(parameter.name).strip("_").upper()
    if parameter.param_type_name == "argument":
        return f"`{value}`" if parameter.required else f"`[{value}]`"
    flag = max([*parameter.opts, *parameter.secondary_opts], key=len)
    return f"`{flag}`" if parameter.is_flag else f"`{flag} {value}`"


def _default(parameter: Any) -> str:
    default = parameter.default
    if parameter.required:
        return "required"
    if default is None or default == "" or isinstance(default, bool):
        return ""
    return f"`{default.value if isinstance(default, StrEnum) else default}`"
