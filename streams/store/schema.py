"""The store's tables, declared once: DDL, Arrow types and typed rows all come from here."""

import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from types import NoneType
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

import duckdb
import pyarrow as pa

from streams.store import arm_rows, model_rows, rows
from streams.store.catalogue import Entry
from streams.store.views import VIEWS

VERSION = 1
"""The version of the tables that a store file holds."""

Row = tuple[Any, ...]
Rows = dict[str, list[Row]]
"""Rows by the name of their table."""


class OtherFormat(RuntimeError):
    """The file's tables are not those of this release."""


class Column(NamedTuple):
    """A column as DuckDB and Arrow name its type."""

    name: str
    sql: str
    arrow: pa.DataType
    optional: bool


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: Its name.
        row: The class of its rows: its fields are the columns.
        key: How many leading columns identify a row.
        newest: Column whose higher value wins where a row is there already; None keeps the first.
        record: Whether its rows are events of the record. Rows that a rebuild computes may rightly disappear.
    """

    name: str
    row: type[Any]
    key: int
    newest: str | None = None
    record: bool = True

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in the order of the row's fields."""
        hints = get_type_hints(self.row, include_extras=True)
        return tuple(_column(name, hint) for name, hint in hints.items())

    @property
    def meaning(self) -> str:
        """What the table holds."""
        return inspect.cleandoc(self.row.__doc__ or "")

    @property
    def ddl(self) -> str:
        """The statement that creates the table."""
        lines = [
            f'"{column.name}" {column.sql}' + ("" if column.optional else " not null")
            for column in self.columns
        ]
        key = ", ".join(f'"{column.name}"' for column in self.columns[: self.key])
        return f"create table {self.name} ({', '.join(lines)}, primary key ({key}))"


TABLES: tuple[Table, ...] = (
    Table("studies", rows.StudyDefinition, 1),
    Table("enrolments", rows.Enrolment, 1),
    Table("consents", rows.Consent, 1),
    Table("messages", rows.Message, 1),
    Table("message_classifications", rows.MessageClassification, 1),
    Table("planned_prompts", rows.PlannedPrompt, 1),
    Table("prompts_closed", rows.ClosedPrompt, 1),
    Table("support_decisions", rows.SupportDecision, 1),
    Table("delivery_reports", rows.DeliveryReport, 1),
    Table("safety_alerts", rows.SafetyAlert, 1),
    Table("safety_attentions", rows.SafetyAttention, 1),
    Table("pauses", rows.Pause, 1),
    Table("languages", rows.LanguageChoice, 1),
    Table("prompts", rows.SentPrompt, 1),
    Table("checkin_versions", rows.CheckInVersion, 1),
    Table("answer_versions", rows.AnswerVersion, 3),
    Table("indicator_values", rows.IndicatorValue, 4, "revision", record=False),
    Table("alerts_raised", rows.ChartAlert, 1),
    Table("alerts_superseded", rows.AlertSuperseded, 1),
    Table("dead_letters", rows.DeadLetter, 1),
)
"""The tables that are a projection of the topics."""

COMPUTED: tuple[Table, ...] = (
    Table("summaries", rows.Summary, 4),
    Table("contrasts", arm_rows.ArmContrast, 6),
    Table("arm_changes", arm_rows.ArmChange, 7),
    Table("arm_weeks", arm_rows.ArmWeek, 6),
    Table("model_terms", model_rows.ModelTerm, 5),
    Table("reliability", model_rows.CompositeReliability, 3),
    Table("proximal_effects", model_rows.ProximalEffect, 3),
    Table("drift", rows.DriftCheck, 2),
)
"""The tables that the batch computes from the others."""

CATALOGUE = Table("catalogue", Entry, 1)
OWN: tuple[Table, ...] = (Table("offsets", rows.Offset, 2), CATALOGUE)
"""The tables that the store keeps for itself and its readers."""

ALL_TABLES = (*TABLES, *COMPUTED, *OWN)
_NAMES = {table.row: table.name for table in ALL_TABLES}

_TYPES: dict[Any, tuple[str, pa.DataType]] = {
    str: ("varchar", pa.string()),
    int: ("integer", pa.int32()),
    rows.BigInt: ("bigint", pa.int64()),
    float: ("double", pa.float64()),
    bool: ("boolean", pa.bool_()),
    date: ("date", pa.date32()),
    datetime: ("timestamp with time zone", pa.timestamp("ms", tz="UTC")),
}


_ARROW = dict(_TYPES.values()) | {"timestamp": pa.timestamp("us")}


def arrow_type(sql: str) -> pa.DataType:
    """The Arrow type of a column whose type DuckDB names so; text for a type that no table has."""
    name = sql.lower()
    return pa.int64() if name == "hugeint" else _ARROW.get(name, pa.string())


def arrow_schema(row: type[Any]) -> pa.Schema:
    """The columns of a table whose rows are of a class: its fields, with the types that tables have."""
    hints = get_type_hints(row, include_extras=True)
    return pa.schema([(name, _column(name, hint).arrow) for name, hint in hints.items()])


def _column(name: str, hint: Any) -> Column:
    optional = get_origin(hint) is not Annotated and NoneType in get_args(hint)
    kind = next(part for part in get_args(hint) if part is not NoneType) if optional else hint
    # A closed set of names is kept as text.
    sql, arrow = _TYPES[str if isinstance(kind, type) and issubclass(kind, StrEnum) else kind]
    return Column(name, sql, arrow, optional)


def by_table(made: Iterable[Row]) -> Rows:
    """Rows by the table that their class belongs to."""
    found: Rows = {}
    for row in made:
        found.setdefault(_NAMES[type(row)], []).append(row)
    return found


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables in a new file, and this release's views in any.

    Raises:
        OtherFormat: The file was written by another release or an earlier checkout.
    """
    connection.execute("begin")
    try:
        if _tables_there(connection):
            _refuse_another_format(connection)
        else:
            for table in ALL_TABLES:
                connection.execute(table.ddl)
            connection.execute("create table store_format (version integer not null)")
            connection.execute("insert into store_format values (?)", [VERSION])
        for view in VIEWS:
            connection.execute(view.ddl)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _tables_there(connection: duckdb.DuckDBPyConnection) -> set[str]:
    found = connection.execute("select table_name from duckdb_tables() where not internal").fetchall()
    return {str(name) for (name,) in found}


def _refuse_another_format(connection: duckdb.DuckDBPyConnection) -> None:
    version = 0
    if "store_format" in _tables_there(connection):
        version = connection.execute("select max(version) from store_format").fetchall()[0][0] or 0
    if version > VERSION:
        raise OtherFormat("the store's file was written by a newer release of wellstream; upgrade this one")
    if version < VERSION or _columns_there(connection) != _columns_declared():
        raise OtherFormat(
            "the store's file was written by an earlier version of wellstream; delete it and run "
            "`wellstream rebuild`, which makes it anew from the topics"
        )


def _columns_there(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, lower(data_type) from duckdb_columns() "
        "where table_name in (select table_name from duckdb_tables() where not internal) "
        "and table_name <> 'store_format' order by table_name, column_index"
    ).fetchall():
        found.setdefault(table, []).append((column, kind))
    return found


def _columns_declared() -> dict[str, list[tuple[str, str]]]:
    return {table.name: [(column.name, column.sql) for column in table.columns] for table in ALL_TABLES}
