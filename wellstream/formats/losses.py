"""What is lost from one format to another."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Loss:
    """Something that was lost.

    Attributes:
        where: The field, or the part of the study.
        what: What was lost.
        why: Why, or what was done instead.
        place: Where in the file, such as `row 5`; empty if it is not in a file.
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
    """The losses, in order."""

    losses: list[Loss] = field(default_factory=list)

    def lose(self, where: str, what: str, why: str, place: str = "") -> None:
        """Note a loss."""
        self.losses.append(Loss(where, what, why, place))


@dataclass(frozen=True)
class Location:
    """A field at its place in a file, for reporting losses and errors."""

    file: str
    place: str
    name: str
    report: Report

    def lose(self, what: str, why: str) -> None:
        """Note that part of the field was lost."""
        self.report.lose(self.name, what, why, self.place)

    def wrong(self, sentence: str) -> "FormatError":
        """An error about the field."""
        return FormatError(f"{self.file}, {self.place}, {self.name or 'unnamed'}: {sentence}")


class FormatError(ValueError):
    """A file that cannot be imported; the message says where and why."""
