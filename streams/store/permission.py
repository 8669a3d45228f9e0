"""What a reader may ask: one SELECT over relations and functions that are allowed by name.

DuckDB's own parser takes the query apart, the same that will run it, so both read it alike; every part of the
tree must be of a known kind. Whatever is not known or not named is refused.
"""

import difflib
import json
from collections.abc import Collection, Mapping
from typing import Any

import duckdb

from streams.store.permitted_functions import FUNCTIONS, TABLE_FUNCTIONS
from streams.store.schema import ALL_TABLES
from streams.store.tokens import Role
from streams.store.views import VIEWS

LONGEST = 256 * 1024
"""Characters of a query."""

_PARTS = 30_000
_DEPTH = 600
_RELATIONS = 100
_SERIALISE = "select json_serialize_sql(?, skip_null := true, skip_empty := true, skip_default := true)"
_HINT = "`show tables` lists what can be read"

_EXPRESSIONS = frozenset(
    {
        "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT",
        "FUNCTION", "LAMBDA", "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "WINDOW",
    }
)  # fmt: skip
_NODES = frozenset(
    {
        "SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE",
        "BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EMPTY", "EXPRESSION_LIST", "PIVOT", "SHOW_REF",
        "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER", "ORDER_MODIFIER",
        "ORDER_DEFAULT", "ASCENDING", "DESCENDING",
        "GENERIC_TYPE_INFO", "DECIMAL_TYPE_INFO", "STRING_TYPE_INFO", "LIST_TYPE_INFO", "STRUCT_TYPE_INFO",
        "ARRAY_TYPE_INFO", "UNBOUND_TYPE_INFO", "INTEGER_LITERAL_TYPE_INFO",
    }
)  # fmt: skip
_WITHOUT_CALL = frozenset(
    {"current_catalog", "current_role", "current_schema", "current_user", "session_user", "user"}
)
"""Functions that DuckDB also takes for called when they stand like a column."""

_UNBOUND_TYPES = frozenset({"json"})
_DESCRIBED = frozenset({"DESCRIBE", "SUMMARY"})


class NotPermitted(ValueError):
    """A query that the store does not run; the text says why."""


RELATIONS: Mapping[Role, frozenset[str]] = {
    Role.STAFF: frozenset({*(table.name for table in ALL_TABLES), *(view.name for view in VIEWS)})
}
"""The relations that each role may read."""


class Permission:
    """Decides on queries; may be used from several threads.

    Args:
        relations: The tables and views that may be read.
    """

    def __init__(self, relations: Collection[str]) -> None:
        self._relations = frozenset(relations)
        self._parser = duckdb.connect(
            config={
                "autoload_known_extensions": "false",
                "autoinstall_known_extensions": "false",
                "enable_external_access": "false",
                "memory_limit": "256MB",
                "threads": "1",
            }
        )

    def permit(self, query: str) -> str:
        """The query to run in its place: itself, or for `show tables` one that lists the relations.

        Raises:
            NotPermitted: It is not a SELECT, too long or too deep, or names what may not be read or called.
        """
        if len(query) > LONGEST:
            raise NotPermitted(f"the query is longer than {LONGEST} characters; ask for less at a time")
        if "\0" in query or any("\ud800" <= character <= "\udfff" for character in query):
            raise NotPermitted("the query has a character that is no text")
        (statement,) = self._statements(query)
        if _shows_tables(statement):
            return _listing(self._relations)
        _Walk(self._relations).statement(statement)
        return query

    def _statements(self, query: str) -> list[dict[str, Any]]:
        try:
            text = self._parser.cursor().execute(_SERIALISE, [query]).fetchall()[0][0]
            found = json.loads(text)
        except RecursionError:
            raise NotPermitted(_too_deep()) from None
        except (duckdb.Error, ValueError):
            raise NotPermitted("the query cannot be read as SQL; is its text whole?") from None
        if found.get("error"):
            raise NotPermitted(_unreadable(str(found.get("error_message", "")), str(found.get("error_type"))))
        statements: list[dict[str, Any]] = found.get("statements", [])
        if len(statements) != 1:
            raise NotPermitted(f"the store runs one SELECT at a time, not {len(statements)} statements")
        return statements


def _too_deep() -> str:
    return "the query is nested too deeply; write it with fewer brackets, or name its parts with WITH"


def _unreadable(message: str, kind: str) -> str:
    if kind == "not implemented":
        return "the store runs SELECT only (also DESCRIBE and SUMMARIZE of what can be read, and SHOW TABLES)"
    if "expression depth" in message or "memory exhausted" in message:
        return _too_deep()
    return f"the query is not valid SQL: {message}"[:500]


def _lower(name: str) -> str:
    """In lower case as DuckDB does it: letters of ASCII only."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in name)


def _shows_tables(statement: Mapping[str, Any]) -> bool:
    node = statement.get("node", {})
    shown = node.get("from_table", {})
    plain = set(node) <= {"type", "select_list", "from_table", "aggregate_handling"}
    return plain and shown.get("type") == "SHOW_REF" and shown.get("table_name") == '"tables"'


def _listing(relations: Collection[str]) -> str:
    meanings = {table.name: table.meaning for table in ALL_TABLES} | {
        view.name: view.meaning for view in VIEWS
    }
    rows = ", ".join(
        f"({_quoted(name)}, {_quoted(' '.join(meanings.get(name, '').split()))})"
        for name in sorted(relations)
    )
    return f"select name, meaning from (values {rows}) t(name, meaning)"  # noqa: S608 - quoted, and our own


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class _Walk:
    """Looks at every part of one statement."""

    def __init__(self, relations: frozenset[str]) -> None:
        self._relations = relations
        self._parts = 0
        self._named = 0
        self._left: list[tuple[Any, frozenset[str], int]] = []

    def statement(self, statement: Mapping[str, Any]) -> None:
        """Look at everything in it.

        Raises:
            NotPermitted: Something in it is not allowed.
        """
        if statement.get("named_param_map"):
            raise NotPermitted("the query has a parameter (? or $1) without a value")
        self._left.append((statement, frozenset(), 0))
        while self._left:
            part, common, depth = self._left.pop()
            self._parts += 1
            if self._parts > _PARTS:
                raise NotPermitted("the query has too many parts; ask for less at a time")
            if depth > _DEPTH:
                raise NotPermitted(_too_deep())
            if isinstance(part, dict):
                self._dictionary(part, common, depth + 1)
            elif isinstance(part, list):
                self._left += [(one, common, depth + 1) for one in part if isinstance(one, dict | list)]

    def _dictionary(self, part: dict[str, Any], common: frozenset[str], depth: int) -> None:
        if "class" in part:
            self._expression(part)
        elif isinstance(kind := part.get("type"), str):
            self._node(kind, part, common)
        if part.get("type") == "TABLE_FUNCTION":
            self._table_function(part, common, depth)
            return
        if part.get("type") == "RECURSIVE_CTE_NODE":
            self._left.append((part.get("left"), common, depth))
            own = common | {_lower(str(part.get("cte_name", "")))}
            rest = {name: value for name, value in part.items() if name not in {"left", "type"}}
            self._left.append((rest, own, depth))
            return
        common = self._common_tables(part, common, depth)
        self._left += [
            (value, common, depth)
            for name, value in part.items()
            if name != "cte_map" and isinstance(value, dict | list)
        ]

    def _common_tables(self, part: dict[str, Any], common: frozenset[str], depth: int) -> frozenset[str]:
        """The names of WITH that hold in a part; each stands for a query that sees only those before it."""
        for entry in part.get("cte_map", {}).get("map", []):
            self._left.append((entry.get("value"), common, depth))
            common |= {_lower(str(entry.get("key", "")))}
        return common

    def _expression(self, part: Mapping[str, Any]) -> None:
        kind = part["class"]
        if kind not in _EXPRESSIONS:
            raise NotPermitted(f"the query has a part that the store does not run: {kind}"[:200])
        if kind in {"FUNCTION", "WINDOW"}:
            _require_function(part, FUNCTIONS)
        names = part.get("column_names", [])
        if kind == "COLUMN_REF" and len(names) == 1 and _lower(names[0]) in _WITHOUT_CALL:
            raise NotPermitted(f"the query may not call {names[0]}")

    def _node(self, kind: str, part: Mapping[str, Any], common: frozenset[str]) -> None:
        if kind not in _NODES:
            raise NotPermitted(f"the query has a part that the store does not run: {kind}"[:200])
        if kind == "BASE_TABLE":
            self._relation(part, common)
        if kind == "SHOW_REF" and (part.get("show_type") not in _DESCRIBED or part.get("table_name")):
            raise NotPermitted(f"the store shows `show tables` by itself, and no other SHOW; {_HINT}")
        if kind == "UNBOUND_TYPE_INFO" and (
            _lower(str(part.get("name"))) not in _UNBOUND_TYPES or part.get("schema") or part.get("catalog")
        ):
            raise NotPermitted(f"there is no type {part.get('name')} in the store"[:200])
        if part.get("at_clause") or part.get("pivot_enum"):
            raise NotPermitted("the store has no earlier versions of tables, and no types of its own")

    def _relation(self, part: Mapping[str, Any], common: frozenset[str]) -> None:
        self._named += 1
        if self._named > _RELATIONS:
            raise NotPermitted(f"the query reads more than {_RELATIONS} tables and views; ask for less")
        schema, catalog, name = (str(part.get(x, "")) for x in ("schema_name", "catalog_name", "table_name"))
        if not schema and not catalog and _lower(name) in common:
            return
        if catalog or _lower(schema) not in {"", "main"} or _lower(name) not in self._relations:
            whole = ".".join(piece for piece in (catalog, schema, name) if piece)
            near = difflib.get_close_matches(_lower(name)[:80], sorted(self._relations), 1)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise NotPermitted(f"there is no table or view {whole[:120]} to read{meant} ({_HINT})")

    def _table_function(self, part: Mapping[str, Any], common: frozenset[str], depth: int) -> None:
        function = part.get("function", {})
        _require_function(function, TABLE_FUNCTIONS)
        self._left += [
            (value, common, depth) for value in function.values() if isinstance(value, dict | list)
        ]
        self._left += [
            (value, common, depth)
            for name, value in part.items()
            if name != "function" and isinstance(value, dict | list)
        ]


def _require_function(part: Mapping[str, Any], allowed: frozenset[str]) -> None:
    name = str(part.get("function_name", ""))
    plain = _lower(str(part.get("schema", ""))) in {"", "main"} and not part.get("catalog")
    if not plain or _lower(name) not in allowed:
        near = difflib.get_close_matches(_lower(name)[:80], sorted(allowed), 1, 0.75)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise NotPermitted(f"the query may not call {name[:120]}{meant}")
