"""From items alone to a whole study: what the format lacks gets a value to begin with, and is reported."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from schemas.study import Study
from wellstream.formats.loss import FormatError, Report

_HEADING = """# Made from {source}. Look at everything that `wellstream study import` reported, above all at
# the notice about help, the arms, the schedule and what each item measures. Then check it:
#   wellstream study check THIS-FILE
"""


def study_of(
    study_id: str,
    title: dict[str, str],
    languages: Sequence[str],
    items: list[dict[str, Any]],
    report: Report,
) -> Study:
    """A study of these items, with starter values for all else.

    Args:
        study_id: Its id.
        title: By language.
        languages: In order.
        items: As in a study's file.
        report: Is told what is to be filled in.

    Raises:
        FormatError: Something in the items cannot be used.
    """
    report.lose(
        "interventions, arms", "not in the format", "one arm with a baseline and a follow-up; fill in"
    )
    report.lose("schedule", "not in the format", "three random prompts a day from 09:00 to 21:00; fill in")
    report.lose("safety.notice", "not in the format", "write whom to call, in every language")
    scales = [item["id"] for item in items if item["kind"] == "scale" and not item.get("show_if")]
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
        "sms": scales[:3],
        "schedule": {
            "wake": "09:00",
            "sleep": "21:00",
            "expires_minutes": 60,
            "prompts": [{"kind": "random", "channels": ["web", "web", "web"], "min_gap_minutes": 60}],
        },
        "safety": {"notice": dict.fromkeys(languages, "FILL IN: whom to call in an emergency.")},
    }
    try:
        return Study.model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        name = _item_named(items, first["loc"])
        raise FormatError(f"{name or where or 'the study'}: {first['msg']}") from None


def write_study(study: Study, file: Path, source: str) -> None:
    """Write a study as YAML that `load_study` reads."""
    yaml = YAML()
    yaml.width = 110
    yaml.default_flow_style = False
    plain = _without_empty(study.model_dump(mode="json", exclude_none=True))
    with file.open("w", encoding="utf-8") as out:
        out.write(_HEADING.format(source=source))
        yaml.dump(plain, out)


def _item_named(items: list[dict[str, Any]], place: tuple[int | str, ...]) -> str:
    inside = len(place) > 1 and place[0] == "items" and isinstance(place[1], int)
    return f"item {items[int(place[1])]['id']}" if inside else ""


def _without_empty(plain: dict[str, Any]) -> dict[str, Any]:
    plain["items"] = [
        {name: value for name, value in item.items() if value not in ([], {}, False)}
        for item in plain["items"]
    ]
    return {name: value for name, value in plain.items() if value not in ([], {}) or name == "interventions"}
