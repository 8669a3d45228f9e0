"""The mapping, a YAML file that says what the columns of a file of past check-ins mean."""

import collections.abc
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.base import FrozenModel, Slug, Zone
from schemas.study import Study
from schemas.yaml_file import DefinitionError, Problem, read_yaml

Cells = collections.abc.Mapping[str, str]


class Source(FrozenModel):
    """A column, or a value that is the same in every row."""

    column: str | None = None
    value: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.column is None) == (self.value is None):
            raise ValueError("give either `column` or `value`")
        return self

    def of(self, row: Cells) -> str:
        """The value in a row."""
        return row[self.column].strip() if self.column is not None else str(self.value)


class Mapping(FrozenModel):
    """The meaning of a file's columns. A row is a prompt, with its answers if there are any.

    Attributes:
        participant: Column with the participant's name in the file; it is replaced by a pseudonym.
        arm, language: Those of the row's participant.
        zone: IANA zone of times without an offset, unless `zone_names` gives another.
        zone_names: Zones of abbreviations after a time, such as `CET: Europe/Berlin`; a row whose times
            have one is in that zone.
        scheduled: Column with the time for which the prompt was planned, local or with an offset.
        sent: Column with the time of sending; if empty or before `scheduled` (a phone's clock at 1970), the
            scheduled time is used.
        answered: Column with the time of the answer; used only if an item is answered.
        started: Column with the time of opening.
        beep: Column with the number of the prompt within its study day, from 1, in order of time.
        day: Column with the study day, from 1. Without it, a prompt belongs to the study day of its local
            date, or of the date before if the study's waking day reaches past midnight and ends after it.
        items: Column of each item of the study.
        separator: What separates the options of an item of kind `choices`.
        expires_minutes: Minutes from sending to expiry; by default the study's.
    """

    participant: str
    arm: Source
    language: Source
    zone: Source
    zone_names: dict[str, Zone] = Field(default_factory=dict)
    scheduled: str
    sent: str | None = None
    answered: str
    started: str | None = None
    beep: str
    day: str | None = None
    items: Annotated[dict[Slug, str], Field(min_length=1)]
    separator: Annotated[str, Field(min_length=1)] = "|"
    expires_minutes: Annotated[int, Field(ge=1)] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read."""
        sources = (self.arm.column, self.language.column, self.zone.column)
        times = (self.scheduled, self.sent, self.answered, self.started)
        single = (self.participant, *times, self.beep, self.day)
        return tuple(dict.fromkeys(c for c in (*single, *sources, *self.items.values()) if c is not None))


def load_mapping(path: Path, study: Study) -> Mapping:
    """The mapping in a YAML file, for a study.

    Raises:
        DefinitionError: The file cannot be read, is no mapping, or names an item that the study lacks.
    """
    defined = read_yaml(path)
    mapping = defined.as_a(Mapping)
    known = ", ".join(item.id for item in study.items)
    unknown: list[Problem] = [
        defined.problem(("items", item), f"{study.ref} has no such item; it has {known}")
        for item in mapping.items
        if study.item(item) is None
    ]
    if unknown:
        raise DefinitionError(path, unknown)
    return mapping
