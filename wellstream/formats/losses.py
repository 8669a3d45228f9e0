"""What could not be carried from one format to another."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Loss:
    """Something that was not carried.

    Attributes:
        where: The field or the part of the study.
        what: What it is.
        why: Why not, or what was done instead.
        place: Where it stands in the file, such as `row 5`; empty where it is in none.
    """

    where: str
    what: str
    why: str
    place: str = ""

    def __str__(self) -> str:
        place = f"{self.place}, " if self.place else ""
        return f"{place}{self.where}: {self.what}: {self.why}"


@dataclass
class Report:
    """The losses, in the order in which they were met."""

    losses: list[Loss] = field(default_factory=list)

    def lose(self, where: str, what: str, why: str, place: str = "") -> None:
        """Note a loss."""
        self.losses.append(Loss(where, what, why, place))


@dataclass(frozen=True)
class Location:
    """A field at its place in a file: where its losses are noted and its errors are raised."""

    file: str
    place: str
    name: str
    report: Report

    def lose(self, what: str, why: str) -> None:
        """Note that something of the field was not carried."""
        self.report.lose(self.name, what, why, self.place)

    def wrong(self, sentence: str) -> "FormatError":
        """The error that the field cannot be used."""
        return FormatError(f"{self.file}, {self.place}, {self.name or 'no name'}: {sentence}")


class FormatError(ValueError):
    """A file that cannot be imported; the sentence says where and why."""
