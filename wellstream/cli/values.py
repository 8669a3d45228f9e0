"""What options with numbers have in common."""

from __future__ import annotations

import math

import typer


def finite(value: float | None) -> float | None:
    """The value of an option, unless it is infinite or not a number: no range excludes the latter."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter("must be a finite number")
    return value
