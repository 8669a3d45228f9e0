"""What the pages and `wellstream report` ask the store: of one study, and of the pipeline."""

from streams.store.group_report import Wanted
from streams.store.outcomes import Outcome
from streams.store.queries.operations import Operations
from streams.store.queries.source import Source
from streams.store.queries.study import StudyData

__all__ = ["Operations", "Outcome", "Source", "StudyData", "Wanted"]
