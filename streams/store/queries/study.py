"""What the pages and the report ask the store about one study, in all its versions."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import pandas as pd

from schemas.base import CheckIns, Measure
from schemas.clock import now
from schemas.study import Study
from streams.indicators.whole_record import Row as EarlyWarning
from streams.statistics.disclosure_control import MINIMUM_CELL, Audience, suppress_line
from streams.statistics.plan import ALL_ARMS
from streams.statistics.report import Report, StudyReport
from streams.store.acute_change import AcuteChange, acute_changes
from streams.store.catalogue import Entry
from streams.store.composites import reliability_of
from streams.store.definitions import alike, asked_alike, newest_studies, versions
from streams.store.early_warnings import early_warnings_of
from streams.store.group_report import Wanted, group_report, report_rows, reports_of, week_report
from streams.store.model_rows import CompositeReliability, ModelTerm, ProximalEffect
from streams.store.model_terms import Model, models_of
from streams.store.outcomes import Outcome, measures, outcomes
from streams.store.proximal import proximal_effects
from streams.store.queries.source import Source
from streams.store.trends import TrendRow, trends_of

EVERYTHING = Wanted()
"""A report of all check-ins for staff, with the study's own reference arm."""


class StudyData:
    """The store's data of one study.

    Args:
        source: Answers SQL.
        study_id: The study, without a version; empty for the one that most people are in.
    """

    def __init__(self, source: Source, study_id: str = "") -> None:
        self._source = source
        self._wanted = study_id

    def of_study(self, study_id: str) -> "StudyData":
        """The same for another study."""
        return StudyData(self._source, study_id)

    def studies(self) -> list[str]:
        """Ids of the studies that people are in, that of most people first."""
        return list(newest_studies(self._source.query))

    def study(self) -> Study | None:
        """The newest definition that participants are in."""
        found = newest_studies(self._source.query)
        return found.get(self._wanted or next(iter(found), ""))

    def outcomes(self) -> list[Outcome]:
        """The outcomes that the study measures."""
        study = self.study()
        return list(outcomes(study)) if study else []

    def report(self, wanted: Wanted = EVERYTHING, weeks: Collection[Outcome] = ()) -> StudyReport:
        """Contrasts, changes and weekly means of the arms, small cells hidden.

        Args:
            wanted: What the reader chose.
            weeks: The outcomes whose weekly means are wanted.

        Raises:
            LookupError: Nobody is in the study.
            ValueError: It has no such reference arm.
        """
        return group_report(self._source.query, self._needed(), versions(self._source.query), wanted, weeks)

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of the tables `contrasts`, `arm_changes` and `arm_weeks`, computed now.

        Raises:
            LookupError: Nobody is in the study.
        """
        study, query = self._needed(), self._source.query
        return report_rows(reports_of(query, study, versions(query), models=True), study)

    def weeks(self, outcome: Outcome, wanted: Wanted = EVERYTHING) -> Report:
        """The weekly means of one outcome, the same as in the report.

        Raises:
            LookupError: Nobody is in the study.
            ValueError: It has no such reference arm.
        """
        return week_report(self._source.query, self._needed(), versions(self._source.query), wanted, outcome)

    def models(
        self, of: Iterable[Outcome], kinds: Collection[Model], audience: Audience = Audience.STAFF
    ) -> Iterator[ModelTerm]:
        """Coefficients of the models of some of the study's outcomes, small groups hidden.

        Raises:
            LookupError: Nobody is in the study.
        """
        study, known = self._needed(), versions(self._source.query)
        return models_of(self._source.query, study, known, of, now(), kinds, audience)

    def reliability(
        self, of: Iterable[Outcome], audience: Audience = Audience.STAFF
    ) -> Iterator[CompositeReliability]:
        """How reliable the measures among some outcomes are, small groups hidden.

        Raises:
            LookupError: Nobody is in the study.
        """
        study, known = self._needed(), versions(self._source.query)
        return reliability_of(self._source.query, study, known, measures(of), now(), audience)

    def proximal_effects(
        self, of: Iterable[Outcome], hours: int, audience: Audience = Audience.STAFF
    ) -> Iterator[ProximalEffect]:
        """What supportive texts do to the measures among some outcomes, within some hours of each decision.

        Raises:
            LookupError: Nobody is in the study.
        """
        study, known = self._needed(), versions(self._source.query)
        return proximal_effects(self._source.query, study, known, measures(of), now(), hours, audience)

    def trends(
        self, audience: Audience = Audience.STAFF, checkins: CheckIns = CheckIns.BOTH
    ) -> list[TrendRow]:
        """The trend of each item on a scale, and of each measure of several, small cells hidden.

        Raises:
            LookupError: Nobody is in the study.
        """
        study, known = self._needed(), versions(self._source.query)
        return trends_of(self._source.query, study, known, audience, checkins)

    def acute_changes(self, of: Iterable[Outcome], audience: Audience = Audience.STAFF) -> list[AcuteChange]:
        """From which size on a change of the measures among some outcomes is acute, small groups hidden.

        Raises:
            LookupError: Nobody is in the study.
        """
        study, known = self._needed(), versions(self._source.query)
        found, wanted = acute_changes(self._source.query, study, known, audience), set(measures(of))
        return [one for one in found if one.measure in wanted]

    def early_warnings(self, of: Iterable[Outcome]) -> Iterator[EarlyWarning]:
        """Early-warning signals of the measures among some outcomes, of people with enough answers.

        Raises:
            LookupError: Nobody is in the study.
        """
        study, known = self._needed(), versions(self._source.query)
        return early_warnings_of(self._source.query, study, known, measures(of))

    def arms(self) -> pd.DataFrame:
        """Each arm's `people`, `checkins` and `compliance`, then those of all arms together.

        People count in the arm in which they enrolled. A number about fewer than five people is None: about
        those who made check-ins, or those whose prompts were answered or expired. So is one from which such a
        number could be worked out. `hidden` says in which rows that is so.
        """
        found = self._ask(
            "with asked as (select participant, count(*) filter (status = 'answered') as answered, "
            "count(*) filter (status <> 'pending') as closed from prompt_outcomes group by 1), "
            "sent as (select participant, count(*) as checkins from checkins group by 1) "
            "select first_arm as arm, count(*) as people, "
            "count(*) filter (checkins > 0) as senders, count(*) filter (closed > 0) as prompted, "
            "cast(coalesce(sum(checkins), 0) as bigint) as checkins, "
            "cast(coalesce(sum(answered), 0) as bigint) as answered, "
            "cast(coalesce(sum(closed), 0) as bigint) as closed from participants "
            "left join asked using (participant) left join sent using (participant) "
            "where split_part(study, '@', 1) = :study group by first_arm order by first_arm"
        )
        sums = found.drop(columns="arm").sum()
        table = pd.concat([found, pd.DataFrame([{"arm": ALL_ARMS, **sums}])], ignore_index=True)
        enrolled, sent, closed = (_shown(found[name]) for name in ("people", "senders", "prompted"))
        compliance = (table["answered"] / table["closed"].where(table["closed"] > 0)).astype(float)
        return table[["arm"]].assign(
            people=table["people"].astype("Int64").where(enrolled),
            checkins=table["checkins"].astype("Int64").where(enrolled & sent),
            compliance=compliance.where(enrolled & closed),
            hidden=~(enrolled & sent & closed),
        )

    def seconds_since_checkin(self) -> float | None:
        """How long ago the newest check-in came; None before the first."""
        found = self._ask(
            "select date_diff('second', max(c.recorded_at), now()) as age from checkins c "
            "join participants p using (participant) where split_part(p.study, '@', 1) = :study"
        )
        age = found["age"][0]
        return None if pd.isna(age) else float(age)

    def per_day(self) -> pd.DataFrame:
        """Check-ins of each local day by channel: `day`, `channel`, `checkins`.

        Bars of fewer than five people hold None. So does the smallest other one, if fewer than five people
        made all check-ins in those bars together: they would be what is left of the total.
        """
        found = self._ask(
            "select local_date as day, channel, count(*) as checkins, count(distinct participant) as people "
            "from checkin_days where split_part(study, '@', 1) = :study group by all order by 1, 2"
        )
        small = found["people"] < MINIMUM_CELL[Audience.STAFF]
        if small.any() and not small.all() and self._people_in_small_bars() < MINIMUM_CELL[Audience.STAFF]:
            small |= found.index == found["people"].where(~small).idxmin()
        return found[["day", "channel"]].assign(checkins=found["checkins"].astype("Int64").mask(small))

    def _people_in_small_bars(self) -> int:
        found = self._ask(
            "with own as (select local_date, channel, participant from checkin_days "
            "where split_part(study, '@', 1) = :study), "
            "small as (select local_date, channel from own group by all "
            "having count(distinct participant) < :minimum) "
            "select count(distinct participant) as people from own join small using (local_date, channel)",
            minimum=MINIMUM_CELL[Audience.STAFF],
        )
        return int(found["people"][0])

    def participants(self) -> list[str]:
        """All pseudonyms, in order."""
        found = self._ask(
            "select participant from participants where split_part(study, '@', 1) = :study order by 1"
        )
        return [str(name) for name in found["participant"]]

    def person(self, participant: str) -> dict[str, Any]:
        """Arms, start date, zone, newest check-in and days since then."""
        return dict(
            self._ask(
                "select p.arm, p.first_arm, p.moved_arm, p.start_date, p.zone, max(c.occurred_at) as newest, "
                "date_diff('hour', max(c.occurred_at), now()) // 24 as days_since_checkin, "
                "count(c.event_id) as checkins "
                "from participants p left join checkins c using (participant) "
                "where p.participant = :participant group by all",
                participant=participant,
            ).iloc[0]
        )

    def course(self, participant: str, outcome: Outcome) -> pd.DataFrame:
        """A person's 7-day values at each check-in: `at` (local time), `value`, `n`, `reason`, `notes`.

        Only check-ins of the versions of the study that ask the outcome as the newest does.
        """
        study = self.study()
        return self._ask(
            "select timezone(c.zone, i.window_end) as at, i.value, i.n, i.reason, i.notes "
            "from indicators i join checkins c on c.event_id = i.checkin where i.participant = :participant "
            "and i.indicator = :indicator and i.scale = :scale and i.window_length = '7d' "
            "and list_contains(:refs, c.study) order by 1",
            participant=participant,
            indicator=outcome.indicator,
            scale=outcome.scale,
            refs=alike(versions(self._source.query), study, outcome.measures) if study else [],
        )

    def answers(self, participant: str, measure: Measure) -> pd.DataFrame:
        """A person's single answers to a measure's items: `at` (local time), `item`, `value`."""
        items, refs = self._items(measure)
        return self._ask(
            "select timezone(c.zone, c.occurred_at) as at, a.item, a.value "
            "from answers a join checkins c on c.event_id = a.checkin "
            "where a.participant = :participant and list_contains(:items, a.item) "
            "and list_contains(:refs, c.study) and a.value is not null order by 1",
            participant=participant,
            items=items,
            refs=refs,
        )

    def prompts(self, participant: str) -> pd.DataFrame:
        """A person's prompts: `day`, `beep`, `status`, `asked` (local times), `minutes` until answered.

        `day` is the date of the study day for which a prompt was planned, even if it was sent after midnight.
        """
        return self._ask(
            "select p.start_date + (o.study_day - 1) as day, o.beep, o.status, "
            "timezone(o.zone, o.sent_at) as asked, date_diff('minute', o.sent_at, o.answered_at) as minutes "
            "from prompt_outcomes o join participants p using (participant) "
            "where participant = :participant order by o.sent_at",
            participant=participant,
        )

    def entry(self, outcome: Outcome) -> Entry:
        """The catalogue's entry of an outcome's indicator."""
        found = self._source.query("select * from catalogue where id = :id", id=outcome.indicator)
        return Entry(**found.iloc[0].to_dict())

    def alerts(self, participant: str) -> pd.DataFrame:
        """A person's chart alerts: `day`, `chart`, `value`, `raised_at`, `superseded_at`."""
        return self._source.query(
            "select study_day as day, chart, value, raised_at, superseded_at from alerts "
            "where participant = :participant order by day, chart",
            participant=participant,
        )

    def _items(self, measure: Measure) -> tuple[list[str], list[str]]:
        study = self.study()
        return asked_alike(versions(self._source.query), study, measure) if study else ([], [])

    def _needed(self) -> Study:
        study = self.study()
        if study is None:
            raise LookupError("nobody is in the study")
        return study

    def _ask(self, sql: str, **params: Any) -> pd.DataFrame:
        if ":study" in sql:
            params["study"] = self._wanted or next(iter(self.studies()), "")
        return self._source.query(sql, **params)


def _shown(people: pd.Series) -> pd.Series:
    """Whether the cells of a line with their total may be shown, by the number of people in each."""
    cells, total = suppress_line([int(count) for count in people], Audience.STAFF)
    return pd.Series([*cells, total])
