"""Rows about groups of people in which small groups are hidden."""

from functools import cache
from types import NoneType
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

from streams.statistics.disclosure_control import MINIMUM_CELL, Audience
from streams.statistics.result import Reason

GroupRow = TypeVar("GroupRow", bound=NamedTuple)


def hidden_if_small(row: GroupRow, audience: Audience) -> GroupRow:
    """The row, or one with nothing in it but its key and `suppressed`, if it is about too few people.

    Args:
        row: A row of a table of the store with `people` and `reason`; everything that may be empty is hidden.
        audience: Decides how many are too few; a row about nobody is shown.
    """
    people = row._asdict()["people"]
    if people is None or not 0 < people < MINIMUM_CELL[audience]:
        return row
    empty: dict[str, Any] = dict.fromkeys(_optional(type(row)))
    return row._replace(**empty | {"reason": Reason.SUPPRESSED.value})


@cache
def _optional(row: type[Any]) -> tuple[str, ...]:
    return tuple(name for name, hint in get_type_hints(row).items() if NoneType in get_args(hint))
