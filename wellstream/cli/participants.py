"""`wellstream participant`: enrolment, links, pauses."""

from typing import Annotated

import typer

from wellstream.cli.errors import report_errors
from wellstream.cli.output import out
from wellstream.cli.values import finite
from wellstream.local.state import adopt_running

app = typer.Typer(
    name="participant", help="Enrol participants, make links, pause prompts.", no_args_is_help=True
)

Pseudonym = Annotated[str, typer.Argument(help="The participant's pseudonym, such as p-0123456789abcdef.")]


@app.command()
def add(
    number: Annotated[
        str,
        typer.Argument(
            help="Telephone number in international form, the path of a CSV file, or - for standard input."
        ),
    ],
    arm: Annotated[str, typer.Option(help="Id of the arm in the study.")] = "",
    language: Annotated[str, typer.Option(help="Language tag, such as nl.")] = "",
    zone: Annotated[str, typer.Option(help="IANA time zone, such as Europe/Brussels.")] = "",
    start: Annotated[str, typer.Option(help="First study day, YYYY-MM-DD; today by default.")] = "",
) -> None:
    """Enrol one participant, or everybody in a CSV with columns number,arm,language,zone,start_date.

    Prints the pseudonyms, never the numbers. Enrolling a number again updates the participant. A number given
    as an argument can be seen by others on this machine and stays in the shell's history; one that is read
    from a file or from standard input does not.

    Examples: `wellstream participant add +447700900123 --arm cbt --language en --zone Europe/London` ·
    `wellstream participant add people.csv` · `wellstream participant add - < people.csv`
    """
    from wellstream.operations.enrolment import enrol
    from wellstream.operations.people_file import people_given

    options = {"arm": arm, "language": language, "zone": zone, "start_date": start}
    people = report_errors(lambda: people_given(number, options))
    for pseudonym in report_errors(lambda: enrol(adopt_running("admin_token"), people)):
        print(pseudonym)


@app.command()
def link(
    pseudonym: Pseudonym,
    hours: Annotated[int, typer.Option(min=1, max=8760, help="How long the link works.")] = 24,
) -> None:
    """Make a link to the web form for a participant.

    Example: `wellstream participant link p-0123456789abcdef --hours 48`
    """
    from wellstream.operations.enrolment import link as make_link

    print(report_errors(lambda: make_link(adopt_running("admin_token"), pseudonym, hours)))


@app.command()
def pause(
    pseudonym: Pseudonym,
    hours: Annotated[
        float | None,
        typer.Option(min=0.1, max=87_600, callback=finite, help="For how long; until `resume` by default."),
    ] = None,
) -> None:
    """Pause a participant's prompts. A crisis word does the same, until staff resume them.

    Example: `wellstream participant pause p-0123456789abcdef --hours 48`
    """
    from wellstream.operations.enrolment import pause as set_pause

    report_errors(lambda: set_pause(adopt_running("admin_token"), pseudonym, paused=True, hours=hours))
    out.print(f"Prompts to {pseudonym} are paused.")


@app.command()
def resume(pseudonym: Pseudonym) -> None:
    """Resume a participant's prompts.

    Example: `wellstream participant resume p-0123456789abcdef`
    """
    from wellstream.operations.enrolment import pause as set_pause

    report_errors(lambda: set_pause(adopt_running("admin_token"), pseudonym, paused=False))
    out.print(f"Prompts to {pseudonym} are resumed.")


@app.command()
def reveal(
    pseudonym: Pseudonym,
    by: Annotated[str, typer.Option(help="Who looks.")],
    reason: Annotated[str, typer.Option(help="Why, in a few words and without clinical detail.")],
) -> None:
    """Show a participant's telephone number, to call them. Who looked, when and why is recorded.

    Example: `wellstream participant reveal p-0123456789abcdef --by "Dr Vermeulen" --reason "call for help"`
    """
    from wellstream.operations.enrolment import reveal as ask_number

    print(report_errors(lambda: ask_number(adopt_running("admin_token"), pseudonym, by, reason)))
