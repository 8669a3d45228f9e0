"""What `wellstream doctor` finds about telling staff of calls for help."""

from collections.abc import Iterator

from schemas.settings import Settings
from schemas.study import Study
from wellstream.operations.findings import Finding
from wellstream.operations.study_safety import takes_words


def staff_findings(settings: Settings, study: Study) -> Iterator[Finding]:
    """Whether somebody is told of a call for help; nothing where nobody can call, or people are simulated."""
    if settings.simulation or not takes_words(study):
        return
    if settings.tells_staff:
        how = " and ".join(
            way
            for way, given in (("e-mail", settings.staff_emails), ("webhook", settings.staff_webhook_url))
            if given
        )
        yield Finding(
            True,
            f"staff are to be told of calls for help by {how}",
            "try it with a call of your own",
            tried=False,
        )
        return
    yield Finding(
        False,
        "nobody is told of calls for help: they are on the dashboard alone",
        "set WELLSTREAM_STAFF_EMAILS and the mail server, or WELLSTREAM_STAFF_WEBHOOK_URL (docs/running.md)",
    )
