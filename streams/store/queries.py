"""What the pages ask the store."""

from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
import pandas as pd

from schemas.base import Measure, PhaseKind
from schemas.study import Arm, Phase, Study
from schemas.study.versions import Versions
from streams.statistics.estimates import MIN_PEOPLE, people_mean


class Asks(Protocol):
    """Anything that answers SQL: the reader, or a file in a test."""

    def query(self, sql: str, **params: Any) -> pd.DataFrame:
        """The rows of a SELECT."""
        ...


@dataclass(frozen=True)
class Choice:
    """An indicator to look at over the weeks.

    Attributes:
        title: For people.
        indicator: Its id in the catalogue.
        scale: Of what, as it stands in the store; empty where the indicator spans several.
    """

    title: str
    indicator: str
    scale: str = ""

    @property
    def measure(self) -> Measure | None:
        """What is answered directly, where the indicator is the mean of answers."""
        return Measure(self.scale) if self.indicator == "mean" else None


CHOICES = (
    Choice("Mood (valence)", "mean", "valence"),
    Choice("Well-being composite", "wellbeing_mean"),
    Choice("Stress", "mean", "stress"),
    Choice("Positive affect", "mean", "positive_affect"),
    Choice("Negative affect", "mean", "negative_affect"),
    Choice("Coping: how well handled", "mean", "coping_efficacy"),
    Choice("Coping efficacy under stress", "coping_efficacy"),
    Choice("Coping variety", "coping_variety"),
    Choice("Evenness of coping", "coping_shannon"),
    Choice("Resilience", "mean", "resilience"),
    Choice("Relationships", "mean", "relationships"),
    Choice("Self-esteem", "mean", "self_esteem"),
    Choice("Instability of mood (RMSSD)", "rmssd", "valence"),
    Choice("Compliance", "compliance"),
)


@dataclass(frozen=True)
class Entry:
    """What the catalogue says about an indicator, in the catalogue's words."""

    formula: str
    unit: str
    range: str
    minimum: str
    edge_cases: str
    interpretation: str
    source: str

    @property
    def help(self) -> str:
        """A paragraph for people who look at the indicator."""
        return (
            f"{self.interpretation} Formula: {self.formula}. Unit: {self.unit}; range: {self.range}. "
            f"Minimum: {self.minimum}. {self.edge_cases} Source: {self.source}."
        )


class Data:
    """The store's data as the pages need them, of one study in all its versions.

    Args:
        source: Answers SQL.
        study_id: The study, without a version; empty for the first that people are in.
    """

    def __init__(self, source: Asks, study_id: str = "") -> None:
        self._source = source
        self._id = study_id

    def of_study(self, study_id: str) -> "Data":
        """The same for another study."""
        return Data(self._source, study_id)

    def studies(self) -> list[str]:
        """Ids of the studies that people are in, those of most people first."""
        found = self._source.query(
            "select split_part(study, '@', 1) as id from participants group by 1 order by count(*) desc, 1"
        )
        return [str(name) for name in found["id"]]

    def study(self) -> Study | None:
        """The newest definition that participants are in."""
        found = self._ask(
            "select definition from studies where id = :study "
            "and ref in (select study from participants) order by version desc limit 1"
        )
        return Study.model_validate_json(found["definition"][0]) if len(found) else None

    def totals(self) -> dict[str, Any]:
        """People, check-ins, answered and closed prompts, and the age of the newest check-in in seconds."""
        return dict(
            self._ask(
                "with ours as (select participant from participants "
                "where split_part(study, '@', 1) = :study), "
                "outcomes as (select status from prompt_outcomes semi join ours using (participant)), "
                "sent as (select recorded_at from checkins semi join ours using (participant)) "
                "select (select count(*) from ours) as people, (select count(*) from sent) as checkins, "
                "(select count(*) from outcomes where status = 'answered') as answered, "
                "(select count(*) from outcomes where status <> 'pending') as closed, "
                "(select date_diff('second', max(recorded_at), now()) from sent) as age"
            ).iloc[0]
        )

    def per_day(self) -> pd.DataFrame:
        """Check-ins of each local day by channel: `day`, `channel`, `checkins`."""
        return self._ask(
            "select local_date as day, channel, count(*) as checkins from checkin_days "
            "where split_part(study, '@', 1) = :study group by all order by 1, 2"
        )

    def arms(self) -> pd.DataFrame:
        """Each arm's `people`, `checkins` and `compliance`; None for what fewer than five people share."""
        found = self._ask(
            "with asked as (select participant, count(*) filter (status = 'answered') as answered, "
            "count(*) filter (status <> 'pending') as closed from prompt_outcomes group by 1), "
            "sent as (select participant, count(*) as checkins from checkins group by 1) "
            "select arm, count(*) as people, cast(sum(coalesce(checkins, 0)) as bigint) as checkins, "
            "sum(answered) / nullif(sum(closed), 0) as compliance from participants "
            "left join asked using (participant) left join sent using (participant) "
            "where split_part(study, '@', 1) = :study group by arm order by arm"
        )
        few = found["people"] < MIN_PEOPLE
        return found.assign(**{name: found[name].mask(few) for name in ("checkins", "compliance")})

    def weekly(self, choice: Choice) -> pd.DataFrame:
        """Each person's value of each study week.

        Where the indicator is a mean of answers, it is that of the answers given in the week, each check-in
        counting once. Any other one is the 7-day value at the person's last check-in of the week.

        Returns:
            Columns `arm`, `participant`, `week`, `value`.
        """
        if choice.measure is None:
            return self._ask(
                "select d.arm, d.participant, (d.study_day - 1) // 7 + 1 as week, "
                "arg_max(i.value, i.window_end) as value "
                "from indicators i join checkin_days d on d.checkin = i.checkin "
                "where i.indicator = :indicator and i.scale = :scale and i.window_length = '7d' "
                "and i.value is not null and d.study_day >= 1 and split_part(d.study, '@', 1) = :study "
                "group by all order by all",
                indicator=choice.indicator,
                scale=choice.scale,
            )
        items, refs = self._asked_alike(choice.measure)
        return self._ask(
            "with scores as (select d.arm, d.participant, (d.study_day - 1) // 7 + 1 as week, d.checkin, "
            "avg(a.value) as score from answers a join checkin_days d on d.checkin = a.checkin "
            "where list_contains(:items, a.item) and list_contains(:refs, d.study) "
            "and a.value is not null and d.study_day >= 1 group by all) "
            "select arm, participant, week, avg(score) as value from scores group by all order by all",
            items=items,
            refs=refs,
        )

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

    def course(self, participant: str, choice: Choice) -> pd.DataFrame:
        """A person's 7-day values at each check-in: `at` (local time), `value`, `n`, `reason`, `notes`."""
        return self._ask(
            "select timezone(c.zone, i.window_end) as at, i.value, i.n, i.reason, i.notes "
            "from indicators i join checkins c on c.event_id = i.checkin where i.participant = :participant "
            "and i.indicator = :indicator and i.scale = :scale and i.window_length = '7d' order by 1",
            participant=participant,
            indicator=choice.indicator,
            scale=choice.scale,
        )

    def answers(self, participant: str, measure: Measure) -> pd.DataFrame:
        """A person's single answers to a measure's items: `at` (local time), `item`, `value`."""
        items, refs = self._asked_alike(measure)
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
        """A person's prompts: `day`, `beep`, `status`, `asked` (local times), `minutes` until answered."""
        return self._ask(
            "select cast(timezone(zone, sent_at) as date) as day, beep, status, "
            "timezone(zone, sent_at) as asked, date_diff('minute', sent_at, answered_at) as minutes "
            "from prompt_outcomes where participant = :participant order by sent_at",
            participant=participant,
        )

    def choices(self) -> list[Choice]:
        """The indicators that have a value somewhere in the study; all, while there is none yet."""
        found = self._ask(
            "select distinct indicator, scale from indicators "
            "where split_part(study, '@', 1) = :study and value is not null"
        )
        there = set(zip(found["indicator"], found["scale"], strict=True))
        return [one for one in CHOICES if (one.indicator, one.scale) in there] or list(CHOICES)

    def entry(self, choice: Choice) -> Entry:
        """What the catalogue says about an indicator."""
        columns = ", ".join(f'"{field.name}"' for field in fields(Entry))
        found = self._source.query(f"select {columns} from catalogue where id = :id", id=choice.indicator)  # noqa: S608 - our own names
        return Entry(**{str(name): str(value) for name, value in found.iloc[0].items()})

    def drift(self) -> dict[str, Any] | None:
        """The newest comparison of live values with a replay; None before the first."""
        found = self._source.query(
            "select checked_at, participants, compared, different from drift order by checked_at desc limit 1"
        )
        return dict(found.iloc[0]) if len(found) else None

    def alerts(self, participant: str) -> pd.DataFrame:
        """A person's chart alerts: `day`, `chart`, `value`, `raised_at`, `superseded_at`."""
        return self._source.query(
            "select study_day as day, chart, value, raised_at, superseded_at from alerts "
            "where participant = :participant order by day, chart",
            participant=participant,
        )

    def calls_for_attention(self) -> pd.DataFrame:
        """Words of crisis that nobody has looked at: `participant`, `rule`, `occurred_at`, newest first.

        Somebody has looked when the person's prompts, which such a word pauses, were let go on after it.
        """
        return self._source.query(
            'select s.participant, s."rule", s.occurred_at from safety_alerts s where not exists ('
            "select 1 from pauses p where p.participant = s.participant and not p.paused "
            "and p.occurred_at > s.occurred_at) order by s.occurred_at desc"
        )

    def prompts_lately(self) -> pd.DataFrame:
        """What became of the prompts of the last seven days: `status`, `detail`, `prompts`."""
        return self._source.query(
            "select status, coalesce(detail, '') as detail, count(*) as prompts from prompt_log "
            "where scheduled_at > now() - interval 7 day and scheduled_at <= now() "
            "group by all order by 3 desc, 1, 2"
        )

    def texts_lately(self) -> pd.DataFrame:
        """What became of the texts of the last week: `provider`, `delivery`, `code`, `texts`, `segments`."""
        return self._source.query(
            'with latest as (select "text", any_value(provider) as provider, '
            "arg_max(delivery, stage) as delivery, arg_max_null(code, stage) as code, "
            "max(segments) as segments from ranked_delivery_reports "
            "where reported_at > now() - interval 7 day "
            "group by 1) select provider, delivery, coalesce(code, '') as code, count(*) as texts, "
            "cast(coalesce(sum(segments), 0) as bigint) as segments from latest "
            "group by all order by 4 desc, 1, 2"
        )

    def letters(self) -> pd.DataFrame:
        """How many dead letters there are for each reason: `reason`, `letters`, `newest`."""
        return self._source.query(
            "select reason, count(*) as letters, max(occurred_at) as newest from dead_letters "
            "group by 1 order by 2 desc, 1"
        )

    def progress(self) -> pd.DataFrame:
        """How many records of each topic are stored: `topic`, `records`."""
        return self._source.query(
            "select topic, cast(sum(next_offset) as bigint) as records from offsets group by 1 order by 1"
        )

    def reconciliation(self) -> dict[str, int]:
        """Accepted, stored and quarantined events, as the store knows them, and texts still on their way."""
        row = self._source.query(
            "select count(*) as accepted, count(*) filter (status = 'stored') as stored, "
            "count(*) filter (status = 'quarantined') as quarantined from accepted_events"
        ).iloc[0]
        return {name: int(row[name]) for name in ("accepted", "stored", "quarantined")}

    def _asked_alike(self, measure: Measure) -> tuple[list[str], list[str]]:
        """A measure's items, and the versions of the study that ask it as the newest one does."""
        newest = self.study()
        found = self._ask("select definition from studies where id = :study")["definition"]
        versions = Versions(Study.model_validate_json(text) for text in found)
        if newest is None:
            return [], []
        refs = [ref for ref in versions.studies if versions.alike(newest.ref, ref, measure)]
        return [item.id for item in newest.items_of(measure)], refs

    def _ask(self, sql: str, **params: Any) -> pd.DataFrame:
        if not self._id:
            self._id = next(iter(self.studies()), "")
        wanted = params | ({"study": self._id} if ":study" in sql else {})
        return self._source.query(sql, **wanted)


def arm_weeks(weekly: pd.DataFrame) -> pd.DataFrame:
    """Weekly mean over people with its interval: `arm`, `week`, `mean`, `low`, `high`, `n`."""
    rows = []
    for (arm, week), group in weekly.groupby(["arm", "week"]):
        found = people_mean(group["value"].to_numpy(dtype=np.float64))
        rows.append((arm, int(week), found.mean, found.low, found.high, found.n))
    return pd.DataFrame(rows, columns=["arm", "week", "mean", "low", "high", "n"])


def changes(weekly: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Mean change from baseline in each later phase, over people who have both.

    A person's value of a phase is the mean of the study weeks that lie wholly in it, so that no 7-day
    window reaches back into the phase before.

    Returns:
        Columns `arm`, `phase`, `mean`, `low`, `high`, `n`.
    """
    rows = []
    for arm_id, group in weekly.groupby("arm"):
        arm = study.arm(str(arm_id))
        if arm is None:
            continue
        phases = [_whole_week(arm, study, int(week)) for week in group["week"]]
        means = group.assign(phase=phases).groupby(["participant", "phase"])["value"].mean().unstack()
        if PhaseKind.BASELINE not in means:
            continue
        for name in dict.fromkeys(phase_name(phase, study) for phase in arm.phases):
            if name in means and name != PhaseKind.BASELINE:
                difference = (means[name] - means[PhaseKind.BASELINE]).dropna()
                found = people_mean(difference.to_numpy(dtype=np.float64))
                rows.append((arm_id, name, found.mean, found.low, found.high, found.n))
    return pd.DataFrame(rows, columns=["arm", "phase", "mean", "low", "high", "n"])


def phase_name(phase: Phase, study: Study) -> str:
    """A phase as people call it: by its interventions while they run, else by its kind."""
    names = {one.id: study.in_language(one.name, "en") for one in study.interventions}
    if phase.kind == PhaseKind.INTERVENTION and phase.interventions:
        return " and ".join(names[one] for one in phase.interventions)
    return phase.kind.value


def _whole_week(arm: Arm, study: Study, week: int) -> str | None:
    first, last = arm.phase_on(7 * week - 6), arm.phase_on(7 * week)
    return phase_name(first, study) if first is not None and first is last else None
