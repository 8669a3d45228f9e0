"""What is wrong with a request to the admin API, in a sentence that quotes no value: one may be a number."""

from pydantic import ValidationError

_PSEUDONYM = "a pseudonym, such as p-0123456789abcdef"
_TIME = "a time with its offset from UTC, such as 2026-03-14T09:00:00+01:00"
_WORDS = "1 to 300 characters"
MUST_BE = {
    "participant": _PSEUDONYM,
    "pseudonym": _PSEUDONYM,
    "number": "a telephone number in international form, such as +447700900123",
    "study": "a study's id and version, such as demo@3",
    "arm": "the id of an arm of the study",
    "language": "a language tag, such as nl",
    "zone": "an IANA time zone, such as Europe/Brussels",
    "start_date": "a date, such as 2026-03-14",
    "occurred_at": _TIME,
    "expires_at": _TIME,
    "until": _TIME,
    "prompt_id": "the id of a prompt, a UUID",
    "alert": "the id of a call for help, a UUID",
    "paused": "true or false",
    "after": "a whole number",
    "by": "a name of 1 to 80 characters",
    "did": _WORDS,
    "reason": _WORDS,
    "event_id": "the id of an event, a UUID",
    "topic": "the name of a topic",
    "partition": "a whole number, at least 0",
    "offset": "a whole number",
    "digest": "a SHA-256 in hexadecimal",
}
"""What each field of a request may hold."""
_LONGEST_NAME = 40


def sentence_about(error: ValidationError) -> str:
    """What is wrong first, and what is allowed; entries of a list are counted from 1."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    entry = next((f"entry {step + 1}: " for step in first["loc"][:1] if isinstance(step, int)), "")
    field = next((step for step in first["loc"] if isinstance(step, str)), "")
    if first["type"] == "extra_forbidden":
        return f"{entry}there is no field {field[:_LONGEST_NAME]!r}; check the spelling"
    if field not in MUST_BE:
        return f"{entry}this is not the JSON that is expected here"
    if first["type"] == "missing":
        return f"{entry}{field} is missing; it must be {MUST_BE[field]}"
    return f"{entry}{field} must be {MUST_BE[field]}"
