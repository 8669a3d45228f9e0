"""Completes imported items to a study: what the format lacks gets a default, and is reported."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML

from schemas.study import Study
from schemas.yaml_file import explained
from wellstream.formats.losses import FormatError, Location, Report

_HEADING = """# Imported from {source}. Review everything that `wellstream study import` reported, above all
# the safety notice, the arms, the schedule and what each item measures. Then check it:
#   wellstream study check THIS-FILE
"""


def study_of(
    study_id: str,
    title: dict[str, str],
    languages: Sequence[str],
    items: list[dict[str, Any]],
    report: Report,
    places: Mapping[str, Location],
) -> Study:
    """Build a study from these items, with defaults for everything else.

    Args:
        study_id: Its id.
        title: By language.
        languages: In order.
        items: As in a study's YAML file.
        report: Collects what still has to be filled in.
        places: Where each item is in the imported file, by its id.

    Raises:
        FormatError: Some items are invalid; the message names them all.
    """
    asked = _sms_items(items)
    _report_defaults(report, asked)
    plain = {
        "id": study_id,
        "version": 1,
        "title": title,
        "languages": list(languages),
        "interventions": [],
        "arms": [
            {
                "id": "everybody",
                "name": dict.fromkeys(languages, "Everybody"),
                "phases": [{"kind": "baseline", "days": 14}, {"kind": "follow-up", "days": 14}],
            }
        ],
        "items": items,
        "sms": asked,
        "schedule": {
            "wake": "09:00",
            "sleep": "21:00",
            "expires_minutes": 60,
            "prompts": [{"kind": "random", "channels": ["web", "web", "web"], "min_gap_minutes": 60}],
        },
        "safety": {
            "notice": dict.fromkeys(languages, "FILL IN: whom to call in an emergency."),
            "contacts": [{"name": dict.fromkeys(languages, "Emergency number (FILL IN)"), "number": "112"}],
            "crisis": {language: ["FILL IN"] for language in languages},
        },
    }
    try:
        return Study.model_validate(plain)
    except ValidationError as error:
        wrong = [_sentence(problem, plain, places) for problem in error.errors(include_url=False)]
        raise FormatError("\n".join(dict.fromkeys(wrong))) from None


def _report_defaults(report: Report, asked: Sequence[str]) -> None:
    """Say what the imported file does not hold, and what was assumed instead."""
    report.lose(
        "interventions, arms",
        "not in the format",
        "set to one arm with a baseline and a follow-up; fill in yours",
    )
    report.lose(
        "schedule",
        "not in the format",
        "set to three random prompts a day from 09:00 to 21:00; fill in yours",
    )
    report.lose(
        "safety.notice", "not in the format", "fill in whom to call in an emergency, in every language"
    )
    report.lose("safety.contacts", "not in the format", "set to 112; fill in your own people and a line")
    report.lose(
        "safety.crisis", "not in the format", "fill in what people write in a crisis, with clinicians"
    )
    if asked:
        report.lose(
            "sms",
            "not in the format",
            f"set to {', '.join(asked)}; check that these are the items to ask by SMS",
        )


def write_study(study: Study, file: Path, source: str) -> None:
    """Write a study as YAML that `load_study` reads."""
    yaml = YAML()
    yaml.width = 110
    yaml.default_flow_style = False
    kept = _without_empty(study.model_dump(mode="json", exclude_none=True))
    plain = {
        name: kept.get(name, []) for name in Study.model_fields if name in kept or name == "interventions"
    }
    with file.open("w", encoding="utf-8") as out:
        out.write(_HEADING.format(source=source))
        yaml.dump(plain, out)


def _sms_items(items: list[dict[str, Any]]) -> list[str]:
    """The first three scales that share the commonest bounds, so that one SMS can ask for them."""
    scales = [item for item in items if item["kind"] == "scale" and not item.get("show_if")]
    ranges = [(item["scale"]["min"], item["scale"]["max"]) for item in scales]
    usual = max(ranges, key=ranges.count, default=None)
    return [item["id"] for item, range_ in zip(scales, ranges, strict=True) if range_ == usual][:3]


def _sentence(problem: ErrorDetails, plain: dict[str, Any], places: Mapping[str, Location]) -> str:
    """What is wrong and where: in a field of the file, or in an option of the command."""
    place, message = explained(problem, plain)
    items = plain["items"]
    match place:
        case ("items", int(number), *field):
            where = ".".join(map(str, field))
            return str(places[items[number]["id"]].error(f"{where + ': ' if where else ''}{message}"))
        case ("id",):
            return f"--id {problem['input']}: use lower-case letters, digits, - and _, starting with a letter"
        case ("languages", *_) | (_, str(), "[key]"):
            return f"--language {problem['input']}: use a language tag such as en or nl"
        case _:
            return f"{'.'.join(map(str, place)) or 'the study'}: {message}"


def _without_empty(plain: Any) -> Any:
    """A copy without empty and false values, since these are the defaults."""
    if isinstance(plain, dict):
        kept = {name: _without_empty(value) for name, value in plain.items()}
        return {name: value for name, value in kept.items() if value is not False and value not in ([], {})}
    return [_without_empty(value) for value in plain] if isinstance(plain, list) else plain
