"""What is lost when a study is converted from one format to another."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Loss:
    """Something that could not be converted.

    Attributes:
        where: The field, or part of the study.
        what: What was lost.
        why: The reason, or what was done instead.
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
    """The losses of one conversion, in order."""

    losses: list[Loss] = field(default_factory=list)

    def lose(self, where: str, what: str, why: str, place: str = "") -> None:
        """Record a loss."""
        self.losses.append(Loss(where, what, why, place))


@dataclass(frozen=True)
class Location:
    """A field and its position in a file, for reporting losses and errors."""

    file: str
    place: str
    name: str
    report: Report

    def lose(self, what: str, why: str) -> None:
        """Record that part of the field was lost."""
        self.report.lose(self.name, what, why, self.place)

    def error(self, message: str) -> "FormatError":
        """Make an error that names the file, the row and the field."""
        return FormatError(f"{self.file}, {self.place}, {self.name or 'unnamed'}: {message}")


class FormatError(ValueError):
    """A file or study that cannot be converted; the message says where and why."""
