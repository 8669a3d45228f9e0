"""What could not be carried from one format to another."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Loss:
    """Something that was not carried.

    Attributes:
        where: The field or the part of the study.
        what: What it is.
        why: Why not, or what was done instead.
    """

    where: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.why}"


@dataclass
class Report:
    """The losses, in the order in which they were met."""

    losses: list[Loss] = field(default_factory=list)

    def lose(self, where: str, what: str, why: str) -> None:
        """Note a loss."""
        self.losses.append(Loss(where, what, why))


class FormatError(ValueError):
    """A file that cannot be imported; the sentence says where and why."""
