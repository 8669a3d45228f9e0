"""What the page Operations asks the store: the state of the pipeline."""

from typing import Any

import pandas as pd

from streams.store.queries.source import Source


class Operations:
    """The state of the pipeline, over all studies.

    Args:
        source: Answers SQL.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    def drift(self) -> dict[str, Any] | None:
        """The newest comparison of live values with a replay; None before the first."""
        found = self._source.query(
            "select checked_at, participants, compared, different from drift order by checked_at desc limit 1"
        )
        return dict(found.iloc[0]) if len(found) else None

    def open_calls(self) -> pd.DataFrame:
        """Calls for help that nobody has attended to: `alert`, `participant`, `occurred_at`; oldest first."""
        return self._source.query(
            "select alert, participant, occurred_at from help_calls where attended_at is null "
            "order by occurred_at, alert"
        )

    def attended_calls(self) -> pd.DataFrame:
        """Those of the last thirty days that somebody attended to, with who, what and when; newest first."""
        return self._source.query(
            "select alert, participant, occurred_at, attended_by, did, attended_at from help_calls "
            "where attended_at > now() - interval 30 day order by attended_at desc, alert"
        )

    def recent_prompts(self) -> pd.DataFrame:
        """Outcomes of the prompts of the last seven days: `status`, `detail`, `prompts`."""
        return self._source.query(
            "select status, coalesce(detail, '') as detail, count(*) as prompts from prompt_log "
            "where scheduled_at > now() - interval 7 day and scheduled_at <= now() "
            "group by all order by 3 desc, 1, 2"
        )

    def recent_texts(self) -> pd.DataFrame:
        """Delivery of the last seven days' texts: `provider`, `delivery`, `code`, `texts`, `segments`."""
        return self._source.query(
            'with latest as (select "text", any_value(provider) as provider, '
            "arg_max(delivery, stage) as delivery, arg_max_null(code, stage) as code, "
            "max(segments) as segments from ranked_delivery_reports "
            "where reported_at > now() - interval 7 day "
            "group by 1) select provider, delivery, coalesce(code, '') as code, count(*) as texts, "
            "cast(coalesce(sum(segments), 0) as bigint) as segments from latest "
            "group by all order by 4 desc, 1, 2"
        )

    def dead_letters(self) -> pd.DataFrame:
        """Dead letters by reason: `reason`, `dead_letters`, `newest`."""
        return self._source.query(
            "select reason, count(*) as dead_letters, max(occurred_at) as newest from dead_letters "
            "group by 1 order by 2 desc, 1"
        )

    def records_stored(self) -> pd.DataFrame:
        """Records stored, by topic: `topic`, `records`."""
        return self._source.query(
            "select topic, cast(sum(next_offset) as bigint) as records from offsets group by 1 order by 1"
        )

    def reconciliation(self) -> dict[str, int]:
        """Events that were `accepted`, `stored` and `quarantined`, according to the store."""
        row = self._source.query(
            "select count(*) as accepted, count(*) filter (status = 'stored') as stored, "
            "count(*) filter (status = 'quarantined') as quarantined from accepted_events"
        ).iloc[0]
        return {name: int(row[name]) for name in ("accepted", "stored", "quarantined")}
