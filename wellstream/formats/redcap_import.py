"""Import from a REDCap data dictionary: each field becomes an item, and losses are reported."""

import html
import json
import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from schemas.study import ItemKind, Study
from schemas.study.conditions import parse_condition
from wellstream.formats.choices import bounded, is_scale, options_of, scale_of, slug
from wellstream.formats.conditions import Asked, CannotExpress, from_redcap, show_if, to_redcap
from wellstream.formats.losses import FormatError, Location, Report
from wellstream.formats.redcap_rows import FORMULA, TAG, Kept, Row, read_rows
from wellstream.formats.starter import study_of

_NOT_CARRIED = {
    "calc": "a calculated field",
    "file": "a file upload",
    "signature": "a signature",
    "descriptive": "descriptive text",
    "sql": "an SQL query",
}
_RECORD = re.compile(r"(record|study|participant|subject|patient|person|case)?_?id")
_VALIDATION = "text_validation_type_or_show_slider_number"
_EXTRAS = ("field_note", "custom_alignment", "question_number", "matrix_ranking")
_PIPED = re.compile(r"\[[a-z][a-z0-9_]*(?:[:(][^\[\]]*)?\]")
_INLINE = re.compile(r"</?(?:a|b|em|font|i|span|strong|sub|sup|u)\b[^<>]*>", re.IGNORECASE)
_NONE = re.compile(r"@NONEOFTHEABOVE\s*=\s*(['\"]?)([^'\"\s]+)\1")


def import_redcap(file: Path, study_id: str, language: str) -> tuple[Study, Report]:
    """Read a data dictionary as a study, and report what was lost.

    Raises:
        FormatError: The file is not a data dictionary, or a field is invalid.
    """
    report = Report()
    rows = read_rows(file, report)
    forms = list(dict.fromkeys(row["form_name"] for _, row in rows if row["form_name"]))
    if len(forms) > 1:
        report.lose("forms", ", ".join(forms), "merged into one form")
    items: list[dict[str, Any]] = []
    earlier: dict[str, Asked] = {}
    places: dict[str, Location] = {}
    seen: dict[str, int] = {}
    for place, (number, row) in enumerate(rows):
        name = row["field_name"].lower()
        location = Location(str(file), f"row {number}", name, report)
        if not name:
            raise location.error("the column 'Variable / Field Name' is empty")
        if name in seen:
            raise location.error(f"duplicate of the variable in row {seen[name]}; rename one")
        seen[name] = number
        if place == 0 and row["field_type"] == "text" and _RECORD.fullmatch(name):
            location.lose("the record id", "not needed: participants get random pseudonyms")
            continue
        made = _Field(row, location, language).item(earlier)
        if made is None:
            continue
        if made["id"] in places:
            raise location.error(
                f"its id would be {made['id']}, the same as that of {places[made['id']].name}; rename one"
            )
        places[made["id"]] = location
        items.append(made)
    if not items:
        raise FormatError(f"{file}: no field could be imported as an item")
    title = {language: (forms[0] if forms else "").replace("_", " ").strip().capitalize() or study_id}
    return study_of(study_id, title, [language], items, report, places), report


class _Field:
    """Turns one row into an item."""

    def __init__(self, row: Row, location: Location, language: str) -> None:
        self.row = row
        self.location = location
        self.language = language
        self.kept = _kept(row["field_annotation"], location)
        self._codes: dict[str, str] = {}
        self._used = set[str]()

    def item(self, earlier: dict[str, Asked]) -> dict[str, Any] | None:
        """Return the item and add it to `earlier` for later conditions; None if it cannot be imported."""
        kind = self.row["field_type"].lower()
        why = _NOT_CARRIED.get(kind)
        if self.row["identifier"].lower() == "y":
            self.location.lose(
                "the whole field", "flagged as an identifier, and answers must not identify people"
            )
            return None
        if why:
            self.location.lose("the whole field", f"{why} has no counterpart in wellstream")
            return None
        filled = self._kind(kind)
        if filled is None:
            return None
        item = {"id": self._id(), "text": {self.language: self._label()}} | filled
        if self.row["required_field"].lower() == "y":
            item["required"] = True
        self._wellstream_fields(item)
        self._condition(item, earlier)
        self._rest()
        here: ItemKind = item["kind"]
        earlier[self.location.name] = Asked(item["id"], here, self._codes)
        return item

    def _id(self) -> str:
        name = self.location.name
        if self.kept.id and self.kept.id.replace("-", "_") == name:
            return self.kept.id
        made = slug(name, "q")
        if made != name:
            self.location.lose("its name", f"renamed to {made}")
        return made

    def _label(self) -> str:
        label = self.row["field_label"]
        label = label[1:] if label.startswith("'") and label[1:2] in FORMULA else label
        text = self._plain(label, "the label")
        if not text:
            self.location.lose("the label", "empty; the variable's name is used instead, so fill it in")
        return text or self.location.name

    def _plain(self, text: str, where: str) -> str:
        if piped := _PIPED.search(text):
            self.location.lose(f"{piped[0]} in {where}", "piping is not supported; kept as plain text")
        plain = html.unescape(re.sub(r"</?[A-Za-z!][^<>]*>", " ", _INLINE.sub("", text)))
        if plain == text:
            return text
        self.location.lose(f"HTML in {where}", "removed; only the text is kept")
        return " ".join(plain.split())

    def _kind(self, kind: str) -> dict[str, Any] | None:
        if kind in ("radio", "dropdown", "checkbox"):
            return self._choices(kind)
        if kind == "slider":
            return self._slider()
        if kind == "yesno":
            return {"kind": "yes_no"}
        if kind == "truefalse":
            self.location.lose("the answers true and false", "imported as yes and no")
            return {"kind": "yes_no"}
        if kind in ("text", "notes"):
            return self._text_field()
        raise self.location.error(
            f"{kind!r} is not a REDCap field type; allowed: text, notes, radio, dropdown, "
            "checkbox, yesno, truefalse, slider, calc, descriptive, file, signature, sql"
        )

    def _text_field(self) -> dict[str, Any] | None:
        validation = self.row[_VALIDATION].lower()
        if not validation:
            return {"kind": "text"}
        self._used |= {_VALIDATION, "text_validation_min", "text_validation_max"}
        low, high = self.row["text_validation_min"], self.row["text_validation_max"]
        between = f" from {low or '?'} to {high or '?'}" if low or high else ""
        if validation != "integer":
            why = f"{validation}{between} is neither a whole number nor free text"
        elif not all(re.fullmatch(r"-?\d{1,9}", bound) for bound in (low, high)):
            why = f"integer{between} can be a scale only with both a minimum and a maximum"
        elif max(abs(int(low)), abs(int(high))) > 1000:
            why = f"integer{between}: a scale must lie between -1000 and 1000"
        else:
            lowest, highest = ({self.language: bound} for bound in (low, high))
            self.location.lose("labels of the scale", "a number field has none; fill them in")
            return bounded(int(low), int(high), lowest, highest, self.location)
        self.location.lose("the whole field", why)
        return None

    def _slider(self) -> dict[str, Any]:
        self._used |= {_VALIDATION, "text_validation_min", "text_validation_max"}
        text = self.row["select_choices_or_calculations"]
        labels = [self._plain(part.strip(), "a label of the slider") for part in text.split("|")]
        low, high = self.row["text_validation_min"] or "0", self.row["text_validation_max"] or "100"
        if not all(re.fullmatch(r"-?\d{1,4}", bound) for bound in (low, high)):
            raise self.location.error(f"a slider's bounds must be whole numbers, not {low} and {high}")
        ends = [labels[0] or low, (labels[-1] if len(labels) > 1 else "") or high]
        if middle := " / ".join(label for label in labels[1:-1] if label):
            self.location.lose(
                f"the slider's middle label {middle!r}", "only the ends of a scale have labels"
            )
        self.location.lose("the slider", f"imported as a scale from {low} to {high}, shown as buttons")
        lowest, highest = ({self.language: end} for end in ends)
        return bounded(int(low), int(high), lowest, highest, self.location)

    def _choices(self, kind: str) -> dict[str, Any]:
        pairs = []
        for part in re.split(r"[|\n]", self.row["select_choices_or_calculations"]):
            code, _, label = (side.strip() for side in part.partition(","))
            if code:
                text = self._plain(label, f"choice {code}")
                pairs.append((code, {self.language: text or code}))
        if not pairs:
            raise self.location.error(
                "it has no choices; list them in the choices column, such as `1, Yes | 0, No`"
            )
        measured = self.kept.measures is not None
        if kind != "checkbox" and is_scale([code for code, _ in pairs], measured):
            return scale_of(pairs, self.location)
        dashed = {option.replace("-", "_"): option for option in self.kept.options}
        exclusive = [option.replace("-", "_") for option in self.kept.exclusive]
        if found := _NONE.search(self.row["field_annotation"]):
            exclusive += found[2].split(",")
        options, self._codes = options_of(pairs, self.location, dashed, exclusive)
        return {"kind": "choices" if kind == "checkbox" else "choice", "options": options}

    def _wellstream_fields(self, item: dict[str, Any]) -> None:
        """Restore what our own exports keep in the annotation; report what other dictionaries lack."""
        if self.kept.measures:
            item["measures"] = self.kept.measures
        elif item["kind"] in ("scale", "choices"):
            self.location.lose(
                "what it measures", "REDCap does not say; fill in `measures`, or the item gets no indicators"
            )
        if self.kept.sms:
            item["sms"] = {self.language: self.kept.sms}
        if self.kept.sms_text:
            item["sms_text"] = {self.language: self.kept.sms_text}

    def _condition(self, item: dict[str, Any], earlier: dict[str, Asked]) -> None:
        logic = self.row["branching_logic"]
        if not logic:
            return
        if self.kept.show_if and _same(self.kept.show_if, logic, earlier):
            item["show_if"] = self.kept.show_if
            return
        try:
            item["show_if"] = show_if(logic, earlier, from_redcap)
        except CannotExpress as error:
            self.location.lose(f"branching logic {logic!r}", f"{error}; the item is always asked")

    def _rest(self) -> None:
        """Report the columns that are lost."""
        if self.row["section_header"]:
            self.location.lose("section header", "forms have no sections in wellstream")
        if self.row["matrix_group_name"]:
            self.location.lose(
                f"matrix {self.row['matrix_group_name']}", "its questions are asked separately"
            )
        unused = {_VALIDATION, "text_validation_min", "text_validation_max"} - self._used
        for column in (*_EXTRAS, *sorted(unused)):
            if self.row[column]:
                self.location.lose(f"{column.replace('_', ' ')} {self.row[column]!r}", "not supported")
        others = _NONE.sub("", self.row["field_annotation"].partition(TAG)[0]).strip()
        if others:
            self.location.lose(f"field annotation {others!r}", "not supported")


def _same(ours: str, logic: str, earlier: dict[str, Asked]) -> bool:
    """Whether our own condition still matches the branching logic, which may have been edited since."""
    kinds = {asked.id: asked.kind for asked in earlier.values()}
    try:
        return to_redcap(parse_condition(ours), kinds) == logic
    except ValueError:
        return False


def _kept(annotation: str, location: Location) -> Kept:
    _, tag, rest = annotation.partition(TAG)
    if not tag:
        return Kept()
    try:
        found, end = json.JSONDecoder().raw_decode(rest)
        kept = Kept.model_validate(found)
    except (ValueError, ValidationError):
        raise location.error(
            f"field annotation: the text after {TAG} is not valid; correct or remove it"
        ) from None
    if rest[end:].strip():
        location.lose(f"field annotation {rest[end:].strip()!r}", "not supported")
    return kept
