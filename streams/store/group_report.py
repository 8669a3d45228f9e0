"""The group report of an outcome, from the store: what the pages, the command and the batch show."""

from schemas.study import Study
from schemas.study.versions import Versions
from streams.statistics.disclosure_control import Audience
from streams.statistics.plan import Plan
from streams.statistics.report import Report, report
from streams.store.definitions import Query
from streams.store.observations import observations
from streams.store.outcomes import Outcome


def group_report(
    query: Query, study: Study, known: Versions, outcome: Outcome, audience: Audience = Audience.STAFF
) -> Report:
    """Weekly means and changes of a study's arms, small cells hidden.

    Args:
        query: The store.
        study: Its newest definition.
        known: All its versions.
        outcome: What is reported.
        audience: Decides which cells are too small to show.
    """
    plan = Plan.of(study, outcome.name, audience, scores=outcome.measure is not None)
    return report(observations(query, study, known, outcome), plan)
