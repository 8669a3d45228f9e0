"""Texts in each language of a study, and times of day."""

from typing import Annotated

from pydantic import StringConstraints

from schemas.base import Language

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


Texts = dict[Language, Text]
"""A text in each language of the study."""


TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
