"""What staff are told of a call for help: whose and when, and where to look. No words, no rule, no number."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from uuid import UUID

from schemas.identity import digest

MOST_AT_ONCE = 50
"""The most calls that one message tells of."""


@dataclass(frozen=True)
class Call:
    """A call for help.

    Attributes:
        alert: `event_id` of the alert.
        participant: Whose it is.
        study: As `id@version`.
        at: When it was written.
        recorded_at: When wellstream first recorded it.
    """

    alert: UUID
    participant: str
    study: str
    at: datetime
    recorded_at: datetime


def message_id(calls: Sequence[Call]) -> str:
    """The same for the same calls, so that a message sent twice can be recognised."""
    return digest(" ".join(sorted(str(call.alert) for call in calls)))[:32]


def email(calls: Sequence[Call], sender: str, recipients: Sequence[str], dashboard: str) -> EmailMessage:
    """The e-mail about some calls."""
    message = EmailMessage()
    people = len({call.participant for call in calls})
    message["Subject"] = (
        f"wellstream: {people} {'participant needs' if people == 1 else 'participants need'} somebody to look"
    )
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Message-ID"] = f"<{message_id(calls)}@wellstream>"
    message["Auto-Submitted"] = "auto-generated"
    lines = [
        f"{call.at:%d %b %Y %H:%M} UTC, study {call.study}, call {str(call.alert)[:8]}\n"
        f"  {_page(call, dashboard)}"
        for call in calls
    ]
    message.set_content(
        "A participant wrote something that calls for help. They were told at once whom to call, by an "
        "automatic reply; nobody has spoken to them.\n\n" + "\n".join(lines) + "\n\n"
        "Follow the study's safety plan. `wellstream participant reveal PSEUDONYM --by NAME --reason TEXT` "
        "shows the telephone number. Afterwards record what was done, so that others know:\n"
        "`wellstream alert close CALL --by NAME --did TEXT`\n"
    )
    return message


def webhook_body(calls: Sequence[Call], dashboard: str) -> bytes:
    """The JSON about some calls."""
    return json.dumps(
        {
            "type": "help.called",
            "calls": [
                {
                    "alert": str(call.alert), "participant": call.participant, "study": call.study,
                    "at": call.at.isoformat(), "page": _page(call, dashboard),
                }
                for call in calls
            ],
        }
    ).encode()  # fmt: skip


def _page(call: Call, dashboard: str) -> str:
    return f"{dashboard.rstrip('/')}/participant?participant={call.participant}"
