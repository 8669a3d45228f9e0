"""Early-warning signals of everybody with enough answers. For research only: no alert is based on them."""

from collections.abc import Collection, Iterator

from schemas.base import Measure
from schemas.study import Study
from schemas.study.versions import Versions
from streams.indicators.measures.early_warning import over_record
from streams.indicators.whole_record import Row, WholeRecord
from streams.records.item_roles import Layout
from streams.store.definitions import Query
from streams.store.series import read_series


def early_warnings_of(
    query: Query, study: Study, known: Versions, measures: Collection[Measure]
) -> Iterator[Row]:
    """The trends of rolling autocorrelation and spread, person by person; as in the table `summaries`.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        measures: Those that are wanted.
    """
    layout = Layout.of(study)
    for series in read_series(query, study, known):
        for row in over_record(WholeRecord(series, layout)):
            if row.scale in measures:
                yield row
