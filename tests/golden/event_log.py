"""The reference's event log as events: prompts, late and repeated check-ins, and corrections."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from producers.imports.events import events_of
from producers.imports.mapping import load_mapping
from producers.imports.rows import read_rows
from schemas.events import CheckInSubmitted, PromptSent
from schemas.identity import event_id, pseudonym_from
from schemas.study.file import load_study
from streams.indicators.update import TimelineEvent

_GOLDEN = Path(__file__).parent
STUDY = load_study(_GOLDEN / "study.yaml")
_LOG = [json.loads(line) for line in (_GOLDEN / "event_log.jsonl").read_text().splitlines()]
_ROWS = read_rows(_GOLDEN / "checkins.csv", STUDY, load_mapping(_GOLDEN / "map.yaml", STUDY))
_ASKED = [event for event in events_of(_ROWS, STUDY) if isinstance(event, PromptSent)]


def event_log(run: int) -> list[TimelineEvent]:
    """The prompts and the log, with participants of their own for each run."""
    prompts = [
        prompt.model_copy(
            update={
                "event_id": _name(run, f"{row.person}-{prompt.study_day:02d}-{prompt.beep}"),
                "participant": pseudonym_from("shuffle", str(run), row.person),
            }
        )
        for row, prompt in zip(_ROWS, _ASKED, strict=True)
    ]
    return [*prompts, *(_checkin(run, entry) for entry in _LOG)]


def names(run: int) -> list[str]:
    """Whoever and whatever checked in, in the order of the log."""
    answered = [_checkin(run, entry) for entry in _LOG]
    return [name for event in answered for name in (event.participant, str(event.checkin))]


def _checkin(run: int, entry: dict[str, Any]) -> CheckInSubmitted:
    first = f"{entry['prompt_id']}-v1"
    return CheckInSubmitted.model_validate(
        {
            "event_id": _name(run, entry["event_id"]),
            "version": entry["version"],
            "corrects": _name(run, first) if entry["version"] > 1 else None,
            "study": STUDY.ref,
            "participant": pseudonym_from("shuffle", str(run), entry["participant"]),
            "occurred_at": entry["event_time"],
            "recorded_at": entry["event_time"],
            "zone": "Europe/Berlin",
            "channel": "import",
            "language": "en",
            "prompt_id": _name(run, entry["prompt_id"]),
            "answers": {item: value for item, value in entry["values"].items() if value != []},
        }
    )


def _name(run: int, name: str) -> UUID:
    return event_id("shuffle", str(run), name)
