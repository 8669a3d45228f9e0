"""What answers the questions: the reader of a running store, or a file in a test."""

from typing import Any, Protocol

import pandas as pd


class Source(Protocol):
    """Anything that answers SQL."""

    def query(self, sql: str, **params: Any) -> pd.DataFrame:
        """The rows of a SELECT, in which `:name` stands for the parameter of that name."""
        ...
