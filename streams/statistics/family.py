"""P values adjusted within a declared family (Benjamini & Hochberg 1995)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """Tests that are adjusted together, declared before looking at the data.

    Attributes:
        name: Name for readers.
        members: Id of each test.
    """

    name: str
    members: tuple[str, ...]


def benjamini_hochberg(family: Family, p: Mapping[str, float | None]) -> dict[str, float | None]:
    """Adjusted p of each test (Benjamini & Hochberg 1995), in the order of the family.

    Args:
        family: All tests.
        p: Each test's p, 0-1; None if the test could not be run. It stays None and does not count.

    Raises:
        ValueError: If `p` has different tests from the family, or a value outside 0-1.
    """
    if set(p) != set(family.members):
        raise ValueError(f"the given tests are not those declared in the family {family.name!r}")
    made = sorted((value, member) for member, value in p.items() if value is not None)
    if any(not 0 <= value <= 1 for value, _ in made):
        raise ValueError("a p value is outside 0-1")
    adjusted: dict[str, float | None] = dict.fromkeys(family.members)
    least = 1.0
    for rank in range(len(made), 0, -1):
        value, member = made[rank - 1]
        least = min(least, value * (len(made) / rank))
        adjusted[member] = least
    return adjusted
