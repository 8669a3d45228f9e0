"""The tables of an export: what each holds and where its rows come from."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import pyarrow as pa

from schemas.study import ScaleItem, Study, options_of
from streams.store.catalogue import Entry, entries
from streams.store.definitions import versions
from streams.store.model_terms import Model
from streams.store.proximal import WITHIN_HOURS
from streams.store.queries import Source, StudyData
from streams.store.schema import ALL_TABLES, arrow_schema, arrow_type
from streams.store.trends import TrendRow

Parts = Iterator[tuple[float, pa.Table]]
"""Parts of a table, each with the share of the table that is done with it, 0 to 1."""

_CHECKINS_AT_ONCE = 20_000
_LIVE_ROWS_PER_CHECKIN = 20
"""About how many more rows there are of live values than of check-ins."""


@dataclass(frozen=True)
class Sheet:
    """A table.

    Attributes:
        name: Of its files, without their ending.
        meaning: For readers.
        schema: Its columns.
        parts: Reads or computes the rows.
    """

    name: str
    meaning: str
    schema: pa.Schema
    parts: Callable[[], Parts]


@dataclass(frozen=True)
class _Reading:
    """A table of single events, read for some people at a time.

    Attributes:
        name, meaning: Those of the sheet.
        sql: The rows of all studies, with `study` and `participant` among their columns.
        order: The columns that order a participant's rows.
        weight: How many rows there are, in multiples of the number of check-ins.
    """

    name: str
    meaning: str
    sql: str
    order: str
    weight: int = 1

    @property
    def of_some(self) -> str:
        """The rows of `:study` and `:people`."""
        return (
            f"select * from ({self.sql}) where split_part(study, '@', 1) = :study "  # noqa: S608 - our own queries
            f"and list_contains(:people, participant) order by {self.order}"
        )


_CHECKINS = """
select d.participant, d.checkin, d.study, p.first_arm, d.arm, d.study_day, '' as phase, d.local_date,
  d.prompted, o.prompt_id, c.late_for, d.channel, c.language, c.zone, c.opened_at, c.started_at,
  d.occurred_at, c.recorded_at, c.version
from checkin_days d
join checkins c on c.event_id = d.checkin
join participants p on p.participant = d.participant
left join (select checkin, prompt_id from prompt_outcomes where checkin is not null) o
  on o.checkin = d.checkin"""
_ANSWERS = """
select d.participant, d.checkin, d.study, d.occurred_at, d.study_day, d.prompted, a.item, a.option, a.value
from answers a join checkin_days d on d.checkin = a.checkin"""
_READ = (
    _Reading(
        "participants",
        "One row for each participant: arm now and at enrolment (`first_arm`, which the reports go by), "
        "language, time zone, first study day.",
        "select participant, study, first_arm, arm, moved_arm, language, zone, start_date from participants",
        "participant",
    ),
    _Reading(
        "checkins",
        "One row for each check-in that holds (the highest version, not retracted): when, on which study "
        "day, in which phase of the arm of enrolment (empty outside all phases), by which channel, whether "
        "it was prompted or on the participant's own initiative, and which prompt it answers.",
        _CHECKINS,
        "participant, occurred_at, checkin",
    ),
    _Reading(
        "answers",
        "One row for each answer, and for each option chosen of an item with several choices (`option`). "
        "Free text has a row without a value.",
        _ANSWERS,
        "participant, occurred_at, checkin, item, option",
        weight=4,
    ),
    _Reading(
        "scores",
        "One row for each measure at each check-in: its score (the mean of the items that were answered), "
        "the participant's mean score and the distance from it (`centred`). Versions that ask the measure "
        "with other items or on another scale than the newest are left out.",
        "select * from scores",
        "participant, study_day, checkin, measure",
        weight=4,
    ),
    _Reading(
        "prompts",
        "The prompt log: every prompt from its plan to its end, answered or not.",
        "select * from prompt_log",
        "participant, scheduled_at, prompt_id",
    ),
    _Reading(
        "support_decisions",
        "Every decision at random on a supportive text, with its probability.",
        "select * from support_decisions",
        "participant, decided_at, prompt_id",
    ),
    _Reading(
        "indicators_live",
        "The indicators over 1, 7 and 28 days at each check-in, as dashboards show them.",
        "select * from indicators",
        "participant, window_end, checkin, indicator, scale, window_length",
        weight=_LIVE_ROWS_PER_CHECKIN,
    ),
    _Reading(
        "indicators_whole_record",
        "The indicators over each participant's whole record, as of the last nightly batch (`computed_at`).",
        "select * from records",
        "all",
    ),
)


def sheets(source: Source, data: StudyData) -> list[Sheet]:
    """Every table of a study's export, in the order in which they are written.

    Args:
        source: The store.
        data: The study, in which somebody is.
    """
    study = data.study()
    assert study is not None, "an export has a study"  # noqa: S101
    counts = _checkins_of_each(source, study)
    read = [_read(source, study, one, counts) for one in _READ]
    return [*read, *_computed(data), *_codebook(source, study)]


def _checkins_of_each(source: Source, study: Study) -> list[tuple[str, int]]:
    """Everybody in the study with their number of check-ins, by pseudonym."""
    found = source.query(
        "select p.participant, count(c.event_id) as checkins from participants p left join checkins c "
        "using (participant) where split_part(p.study, '@', 1) = :study group by 1 order by 1",
        study=study.id,
    )
    return [(str(row.participant), int(row.checkins)) for row in found.itertuples()]


def _read(source: Source, study: Study, one: _Reading, counts: Sequence[tuple[str, int]]) -> Sheet:
    schema = _schema_of(source, one.of_some, study.id)

    def parts() -> Parts:
        done = 0
        for people in _groups(counts, _CHECKINS_AT_ONCE // one.weight):
            found = source.query(one.of_some, study=study.id, people=people)
            if "phase" in found:
                found["phase"] = [_phase(study, row) for row in found.itertuples()]
            done += len(people)
            yield done / len(counts), pa.Table.from_pandas(found, schema, preserve_index=False, safe=False)

    return Sheet(one.name, one.meaning, schema, parts)


def _phase(study: Study, row: Any) -> str | None:
    arm = study.arm(row.first_arm)
    phase = arm.phase_on(int(row.study_day)) if arm else None
    return phase.kind.value if phase else None


def _schema_of(source: Source, sql: str, study: str) -> pa.Schema:
    """The columns of a query and their types, also where it finds nothing or only missing values."""
    nothing = f"from ({sql}) where false"
    names = list(source.query(f"select * {nothing}", study=study, people=[""]).columns)
    types = ", ".join(f'typeof(any_value("{name}")) as "{name}"' for name in names)
    found = source.query(f"select {types} {nothing}", study=study, people=[""]).iloc[0]
    return pa.schema([(name, arrow_type(str(found[name]))) for name in names])


def _groups(counts: Sequence[tuple[str, int]], most: int) -> Iterator[list[str]]:
    """People in groups of about so many check-ins, at least one person each."""
    group: list[str] = []
    size = 0
    for person, checkins in counts:
        if group and size + checkins > most:
            yield group
            group, size = [], 0
        group.append(person)
        size += checkins
    if group:
        yield group


def _computed(data: StudyData) -> Iterator[Sheet]:
    """The results over people, from the functions behind the report."""
    of = data.outcomes()

    tables = cache(data.tables)
    yield _of_table(
        "contrasts", "contrasts", lambda: tables()["contrasts"],
        "Each arm's change from baseline minus that of the reference arm.",
    )  # fmt: skip
    yield _of_table(
        "changes", "arm_changes", lambda: tables()["arm_changes"],
        "Each arm's change from baseline while in each later phase.",
    )  # fmt: skip
    yield _of_table("weeks", "arm_weeks", lambda: tables()["arm_weeks"], "Each arm's weekly means.")
    yield _of_table(
        "model_terms", "model_terms", lambda: [row._asdict() for row in data.models(of, tuple(Model))],
        "Coefficients of the mixed models, of group inertia and of each person's interrupted time series.",
    )  # fmt: skip
    yield _of_table(
        "reliability", "reliability", lambda: [row._asdict() for row in data.reliability(of)],
        "How reliable each measure of several items is, between people and for changes within them.",
    )  # fmt: skip
    yield _of_table(
        "proximal_effects", "proximal_effects",
        lambda: [row._asdict() for row in data.proximal_effects(of, WITHIN_HOURS)],
        "What supportive texts do to the next check-in, where they are decided on at random.",
    )  # fmt: skip
    yield _sheet(
        "trends",
        "Trends over study days, of each item on a scale and each measure of several items.",
        arrow_schema(TrendRow),
        lambda: [asdict(row) for row in data.trends()],
    )


def _of_table(name: str, table: str, rows: Callable[[], Iterable[dict[str, Any]]], meaning: str) -> Sheet:
    """A sheet with the columns of a table of the store, but for those that only the store needs."""
    columns = next(one.columns for one in ALL_TABLES if one.name == table)
    schema = pa.schema([(one.name, one.arrow) for one in columns if one.name not in ("study", "computed_at")])
    return _sheet(name, meaning, schema, rows)


def _sheet(name: str, meaning: str, schema: pa.Schema, rows: Callable[[], Iterable[dict[str, Any]]]) -> Sheet:
    def parts() -> Parts:
        yield 1.0, pa.Table.from_pylist(list(rows()), schema)

    return Sheet(name, meaning, schema, parts)


_ITEM_COLUMNS = pa.schema(
    [
        ("study", pa.string()), ("item", pa.string()), ("kind", pa.string()), ("measure", pa.string()),
        ("text", pa.string()), ("min", pa.float64()), ("max", pa.float64()), ("low", pa.string()),
        ("high", pa.string()), ("options", pa.string()), ("show_if", pa.string()),
    ]
)  # fmt: skip


def _codebook(source: Source, study: Study) -> Iterator[Sheet]:
    yield _sheet(
        "codebook",
        "Every indicator and method: formula, unit, range, minimum, edge cases, interpretation and source.",
        arrow_schema(Entry),
        lambda: [asdict(one) for one in entries()],
    )
    yield _sheet(
        "items",
        "Every item of every version of the study: what it measures, its text in the study's first "
        "language, its "
        "scale with the labels of the ends, or its options.",
        _ITEM_COLUMNS,
        lambda: [
            row
            for one in versions(source.query).studies.values()
            if one.id == study.id
            for row in _items(one)
        ],
    )


def _items(study: Study) -> Iterator[dict[str, Any]]:
    language = study.languages[0]
    for item in study.items:
        scale = item.scale if isinstance(item, ScaleItem) else None
        yield {
            "study": study.ref,
            "item": item.id,
            "kind": item.kind,
            "measure": item.measures.value if item.measures else None,
            "text": study.in_language(item.text, language),
            "min": scale.min if scale else None,
            "max": scale.max if scale else None,
            "low": study.in_language(scale.low, language) if scale else None,
            "high": study.in_language(scale.high, language) if scale else None,
            "options": " | ".join(
                f"{option.id}: {study.in_language(option.text, language)}" for option in options_of(item)
            )
            or None,
            "show_if": item.show_if,
        }
