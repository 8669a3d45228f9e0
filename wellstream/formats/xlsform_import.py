"""Import from XLSForm: each question of the survey becomes an item, and losses are reported."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.study import ItemKind, Study
from wellstream.formats.choices import Choice, bounded, is_scale, options_of, scale_of, slug
from wellstream.formats.conditions import Asked, CannotExpress, from_xlsform, show_if
from wellstream.formats.losses import FormatError, Location, Report
from wellstream.formats.starter import study_of
from wellstream.formats.xlsform_sheets import Cells, Sheets, languages_of, read_sheets

_BEGIN = re.compile(r"begin[ _](group|repeat)")
_END = re.compile(r"end[ _](group|repeat)")
_TRUE = frozenset({"yes", "true", "true()"})
_FALSE = frozenset({"", "no", "false", "false()"})
_USED = frozenset(
    {"type", "name", "label", "required", "relevant", "wellstream_measures", "wellstream_sms", "disabled"}
)
_USED_OF_CHOICES = frozenset({"list_name", "name", "label", "wellstream_exclusive"})
_USED_OF_SETTINGS = frozenset({"form_title", "form_id", "version", "default_language"})
_LOW_THEN_HIGH = re.compile(r"\.\s*>=\s*(-?\d{1,9})\s+and\s+\.\s*<=\s*(-?\d{1,9})")
_HIGH_THEN_LOW = re.compile(r"\.\s*<=\s*(-?\d{1,9})\s+and\s+\.\s*>=\s*(-?\d{1,9})")
_YES_NO = ({"yes": "Yes", "no": "No"}, {"yes": "1", "no": "0"})


def import_xlsform(file: Path, study_id: str, language: str) -> tuple[Study, Report]:
    """Read a workbook as a study, and report what was lost.

    Args:
        file: The workbook.
        study_id: The id of the study.
        language: The language of labels that don't name theirs.

    Raises:
        FormatError: The file is not an XLSForm, or a question is invalid.
    """
    report = Report()
    form = _Form(file, language, report)
    for number, row in form.sheets.survey:
        form.read(Location(str(file), f"survey row {number}", row["name"], report), row)
    form.finish()
    if not form.items:
        raise FormatError(f"{file}: no question could be imported as an item")
    titles = next((row for _, row in form.sheets.settings), {})
    title = dict.fromkeys(form.languages, titles.get("form_title") or study_id)
    if len(form.languages) > 1 and titles.get("form_title"):
        report.lose(
            "settings, form_title",
            "its translations",
            "the title is the same in every language; translate it",
        )
    return study_of(study_id, title, list(form.languages), form.items, report, form.places), report


class _Form:
    """Turns a workbook's questions into items."""

    def __init__(self, file: Path, plain: str, report: Report) -> None:
        self.sheets: Sheets = read_sheets(file, report)
        self.languages = languages_of(file, self.sheets.survey[0][1], plain)
        self.items: list[dict[str, Any]] = []
        self.places: dict[str, Location] = {}
        self._file = file
        self._report = report
        self._lists: dict[str, list[tuple[int, Cells]]] = {}
        self._read_lists: set[str] = set()
        self._groups: list[str] = []
        self._earlier: dict[str, Asked] = {}
        for number, row in self.sheets.choices:
            if not row["list_name"] or not row["name"]:
                raise FormatError(
                    f"{file}, sheet choices, row {number}: `list_name` and `name` must both be filled in"
                )
            self._lists.setdefault(row["list_name"], []).append((number, row))

    def read(self, location: Location, row: Cells) -> None:
        """Read one row of the survey."""
        type_ = " ".join(row["type"].split())
        if not type_:
            location.lose("the whole row", "no type given")
        elif row.get("disabled", "").lower() in _TRUE:
            location.lose(type_, "disabled")
        elif _BEGIN.fullmatch(type_):
            self._begin(location, type_, row)
        elif _END.fullmatch(type_):
            if not self._groups:
                raise location.error(f"{type_!r} has no matching `begin`")
            self._groups.pop()
        else:
            self._question(location, type_, row)

    def finish(self) -> None:
        """Report what is lost from the other sheets."""
        for name in self._lists:
            if name not in self._read_lists:
                self._report.lose(f"list {name}", "its choices", "no imported question uses this list")
        for number, row in self.sheets.settings:
            lost = [
                f"{column} {value!r}"
                for column, value in row.items()
                if value and column not in _USED_OF_SETTINGS
            ]
            if lost:
                self._report.lose("settings", ", ".join(lost), "not supported", f"settings row {number}")

    def _begin(self, location: Location, type_: str, row: Cells) -> None:
        self._groups.append(row.get("relevant", ""))
        once = "; each is asked once" if type_.endswith("repeat") else ""
        location.lose(type_, f"only its questions are imported{once}")
        self._note_rest(location, row, frozenset())

    def _question(self, location: Location, type_: str, row: Cells) -> None:
        kind, _, rest = type_.partition(" ")
        used: set[str] = set()
        filled, codes, why = self._filled(location, kind, rest, row, used)
        if filled is None:
            label = f" ({self._label(row)!r})" if self._label(row) else ""
            location.lose(f"a question of type {type_!r}{label}", why)
            return
        if not location.name:
            raise location.error("the column `name` is empty")
        made = slug(location.name, "q")
        if made in self.places:
            before = self.places[made]
            raise location.error(
                f"its id would be {made}, the same as that of {before.name} in {before.place}; rename one"
            )
        if made != location.name:
            location.lose("its name", f"renamed to {made}")
        item: dict[str, Any] = {"id": made, "text": self._texts(row, location)} | filled
        self._required(item, location, row)
        self._condition(item, location, row)
        self._wellstream_columns(item, location, row)
        self._note_rest(location, row, frozenset(used))
        here: ItemKind = item["kind"]
        self._earlier[location.name] = Asked(made, here, codes)
        self.places[made] = location
        self.items.append(item)

    def _filled(
        self, location: Location, kind: str, rest: str, row: Cells, used: set[str]
    ) -> tuple[dict[str, Any] | None, Mapping[str, str], str]:
        """The item's kind and answers with the meaning of its codes; or None with the reason."""
        if kind == "text":
            return {"kind": "text"}, {}, ""
        if kind == "range":
            used.add("parameters")
            return *self._range(location, row), "only ranges of whole numbers with a step of 1 become scales"
        if kind == "integer":
            used.add("constraint")
            return *self._integer(
                location, row
            ), "it needs a constraint such as `. >= 0 and . <= 10` to become a scale"
        if kind not in ("select_one", "select_multiple"):
            return None, {}, "this type has no counterpart in wellstream"
        name, _, more = rest.partition(" ")
        if name not in self._lists:
            raise location.error(f"the sheet `choices` has no list {name!r}")
        if more:
            location.lose(more, "a choice has no free-text option")
        return *self._select(location, kind, name, row), ""

    def _range(self, location: Location, row: Cells) -> tuple[dict[str, Any] | None, Mapping[str, str]]:
        given = dict(re.findall(r"(\w+)\s*=\s*([^\s,;]+)", row.get("parameters", "")))
        low, high, step = (
            given.pop(name, usual) for name, usual in (("start", "1"), ("end", "10"), ("step", "1"))
        )
        if not all(re.fullmatch(r"-?\d{1,9}", number) for number in (low, high)) or step != "1":
            return None, {}
        if given:
            location.lose("parameters " + ", ".join(given), "not supported")
        return self._numbers(location, low, high), {}

    def _integer(self, location: Location, row: Cells) -> tuple[dict[str, Any] | None, Mapping[str, str]]:
        constraint = row.get("constraint", "")
        if found := _LOW_THEN_HIGH.fullmatch(constraint):
            return self._numbers(location, found[1], found[2]), {}
        if found := _HIGH_THEN_LOW.fullmatch(constraint):
            return self._numbers(location, found[2], found[1]), {}
        return None, {}

    def _numbers(self, location: Location, low: str, high: str) -> dict[str, Any]:
        location.lose("labels of the scale", "a number question has none; fill them in")
        lowest, highest = (dict.fromkeys(self.languages, number) for number in (low, high))
        return bounded(int(low), int(high), lowest, highest, location)

    def _select(
        self, location: Location, kind: str, name: str, row: Cells
    ) -> tuple[dict[str, Any], Mapping[str, str]]:
        rows = self._lists[name]
        choices: list[Choice] = [
            (one["name"], self._texts(one, self._at(location, number))) for number, one in rows
        ]
        codes = [code for code, _ in choices]
        if name not in self._read_lists:
            self._read_lists.add(name)
            for number, one in rows:
                self._note_rest(
                    self._at(location, number, f"{name} {one['name']}"), one, frozenset(), _USED_OF_CHOICES
                )
        if kind == "select_one" and sorted(codes) == ["no", "yes"]:
            words, numbers = _YES_NO
            own = [label["en"] for code, label in choices if label.get("en", words[code]).lower() != code]
            if own:
                location.lose(f"the labels {', '.join(own)}", "yes and no have fixed labels in wellstream")
            return {"kind": "yes_no"}, numbers
        if kind == "select_one" and is_scale(codes, bool(row.get("wellstream_measures"))):
            return scale_of(choices, location), {}
        exclusive = [one["name"] for _, one in rows if one.get("wellstream_exclusive")]
        options, named = options_of(choices, location, {}, exclusive)
        return {"kind": "choice" if kind == "select_one" else "choices", "options": options}, named

    def _at(self, location: Location, number: int, name: str = "") -> Location:
        return Location(location.file, f"choices row {number}", name or location.name, self._report)

    def _label(self, row: Cells) -> str:
        return next(
            (row[column] for column in self.languages.values() if row.get(column)), row.get("label", "")
        )

    def _texts(self, row: Cells, location: Location) -> dict[str, str]:
        first = self._label(row)
        missing = [code for code, column in self.languages.items() if not row.get(column)]
        if not first:
            location.lose("the label", f"empty; {row['name']!r} is used instead, so fill it in")
        elif missing:
            location.lose(
                f"the label in {', '.join(missing)}", f"empty; {first!r} is used instead, so translate it"
            )
        elif row.get("label") and "label" not in self.languages.values():
            location.lose(
                f"the label {row['label']!r} without a language",
                "not used, since the other labels name a language",
            )
        if "${" in first:
            location.lose("an answer in the label", "piping is not supported; rewrite the question")
        return {code: row.get(column) or first or row["name"] for code, column in self.languages.items()}

    def _required(self, item: dict[str, Any], location: Location, row: Cells) -> None:
        required = row.get("required", "")
        if required.lower() in _TRUE:
            item["required"] = True
        elif required.lower() not in _FALSE:
            location.lose(f"required {required!r}", "conditions are not supported; imported as not required")

    def _condition(self, item: dict[str, Any], location: Location, row: Cells) -> None:
        """Combine the row's own condition with those of the groups around it: all must hold."""
        parts = [part for part in (*self._groups, row.get("relevant", "")) if part]
        if not parts:
            return
        relevant = parts[0] if len(parts) == 1 else " and ".join(f"({part})" for part in parts)
        try:
            item["show_if"] = show_if(relevant, self._earlier, from_xlsform)
        except CannotExpress as error:
            location.lose(f"relevant {relevant!r}", f"{error}; the item is always asked")

    def _wellstream_columns(self, item: dict[str, Any], location: Location, row: Cells) -> None:
        if measures := row.get("wellstream_measures"):
            item["measures"] = measures
        elif item["kind"] in ("scale", "choices"):
            location.lose(
                "what it measures", "XLSForm does not say; fill in `measures`, or the item gets no indicators"
            )
        for part in filter(None, row.get("wellstream_sms", "").split(";")):
            code, _, names = (side.strip() for side in part.partition(":"))
            if code not in self.languages or not names:
                raise location.error(
                    f"wellstream_sms {part.strip()!r} is not valid; "
                    "write it as `en: mood, feeling; nl: stemming`"
                )
            item.setdefault("sms", {})[code] = [name.strip() for name in names.split(",")]

    def _note_rest(
        self, location: Location, row: Cells, used: frozenset[str], known: frozenset[str] = _USED
    ) -> None:
        """Report the columns that are lost."""
        for column, value in row.items():
            if value and column.split("::")[0] not in known | used:
                location.lose(f"{column} {value!r}", "not supported")
