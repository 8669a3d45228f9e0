"""`wellstream phone`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.text import Text

from wellstream.cli.errors import report_errors
from wellstream.cli.output import out
from wellstream.cli.values import finite
from wellstream.local.state import adopt_running

_HINT = "Try: check in · 7 3 5 · change mood 5 · help · lang nl · stop. /quit or Ctrl-D ends it."


def phone(
    say: Annotated[
        list[str] | None, typer.Option(help="A text to send, rather than asking; may be repeated.")
    ] = None,
    number: Annotated[str, typer.Option(help="The telephone's number.")] = "",
    arm: Annotated[str, typer.Option(help="The arm to join; the study's first by default.")] = "",
    language: Annotated[str, typer.Option(help="A language of the study; its first by default.")] = "",
    zone: Annotated[str, typer.Option(help="IANA time zone.")] = "UTC",
    wait: Annotated[
        float, typer.Option(min=0, max=86_400, callback=finite, help="Seconds to listen after the last text.")
    ] = 3.0,
) -> None:
    """A telephone in the terminal: text the study as a participant would.

    Joins the study of a running `wellstream demo` with a number kept for fiction, and shows every text
    that the study sends to it.

    Examples: `wellstream phone` · `wellstream phone --say "7 3 5" --say "change mood 5"`
    """
    report_errors(lambda: _phone(say or [], number, arm, language, zone, wait))


def _phone(say: list[str], number: str, arm: str, language: str, zone: str, wait: float) -> None:
    from schemas.study.file import load_study
    from wellstream.operations.enrolment import enrol
    from wellstream.operations.phone import NUMBER, Phone, converse

    settings = adopt_running("admin_token")
    study = load_study(settings.study_path)
    number = number or NUMBER
    person = {
        "number": number,
        "arm": arm or study.arms[0].id,
        "language": language or study.languages[0],
        "zone": zone,
    }
    (pseudonym,) = enrol(settings, [person])
    out.print(f"{pseudonym} takes part in {study.ref}, arm {person['arm']}. {_HINT}", style="dim")

    def show(words: str) -> None:
        out.print(Text.assemble(("study > ", "bold cyan"), words))

    converse(Phone(settings, number), say or sys.stdin, show, wait)
