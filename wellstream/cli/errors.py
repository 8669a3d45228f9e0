"""Failures that users can fix, as one sentence each. Anything else is a bug and keeps its traceback."""

import errno
import re
from collections.abc import Callable
from typing import TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from schemas.settings import Settings
from wellstream.cli.environment import wrong_values
from wellstream.cli.output import without_codes

_T = TypeVar("_T")
KNOWN = frozenset(
    {
        "dashboard.sign_in.accounts.AccountError",
        "dashboard.sign_in.passwords.WeakPassword",
        "dashboard.sign_in.policy.OpenDashboard",
        "streams.store.client.NotAllowed",
        "streams.store.client.StoreUnavailable",
        "producers.imports.csv_table.DataFileError",
        "producers.kafka.publisher.PublishFailed",
        "producers.gateway.server.PortInUse",
        "producers.kafka.studies.StudyChanged",
        "producers.simulator.client.Refused",
        "producers.vault.connection.VaultError",
        "schemas.settings.MissingSetting",
        "schemas.settings.WeakSecret",
        "schemas.topic_log.LogStalled",
        "schemas.topic_log.TopicMissing",
        "schemas.yaml_file.DefinitionError",
        "streams.store.rebuild.RebuildRefused",
        "streams.store.schema.OtherFormat",
        "streams.store.service.PortInUse",
        "streams.store.service.TopicsReplaced",
        "streams.store.tokens.TokenError",
        "streams.store.writer.StoreFileInUse",
        "wellstream.operations.enrolment.AdminApiRefused",
        "wellstream.operations.export.ExportRefused",
        "wellstream.operations.help_calls.NoSuchCall",
        "wellstream.formats.losses.FormatError",
        "wellstream.operations.imports.NotArrived",
        "wellstream.cli.dashboard_users.NoPassword",
        "wellstream.cli.instruments.NoSuchInstrument",
        "streams.indicators.instrument_change.NoNorms",
        "streams.indicators.instrument_file.AnswersError",
        "wellstream.operations.imports.NotInFile",
        "wellstream.operations.people_file.PeopleError",
        "wellstream.local.kafka.KafkaUnavailable",
        "wellstream.local.ports.PortTaken",
        "wellstream.local.secrets.SecretsUnusable",
        "wellstream.local.state.NothingRuns",
        "wellstream.local.state.OtherState",
        "wellstream.local.supervisor.AlreadyRunning",
        "wellstream.local.supervisor.ServiceFailed",
        "wellstream.operations.topics.EarlierTopics",
        "wellstream.operations.topics.RetentionTooShort",
        "wellstream.operations.topics.TopicMismatch",
        "wellstream.operations.kafka_users.UsersRefused",
        "wellstream.operations.topic_rights.RightsRefused",
        "wellstream.operations.topics.TopicRefused",
    }
)
"""Exceptions that users can act on, by name: importing them would make every command slow to start."""

_FULL_DISK = ("No space left on device", "database or disk is full", "Disk quota exceeded")
_NO_KAFKA = "aiokafka.errors.KafkaConnectionError"


def report_errors(action: Callable[[], _T]) -> _T:
    """Run an action. A failure that users can fix becomes one sentence and exit code 1."""
    try:
        return action()
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        print_error(sentence)
        raise typer.Exit(1) from None


def print_error(sentence: str) -> None:
    """Print a sentence about what went wrong."""
    shown = Text.assemble(("wellstream:", "red"), f" {without_codes(sentence)}")
    Console(stderr=True).print(shown, soft_wrap=True)


def sentence_for(error: Exception) -> str | None:
    """The sentence that explains an error; None if users cannot act on it."""
    if isinstance(error, ExceptionGroup):
        return sentence_for(error.exceptions[0])
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        return wrong_values(error.errors(include_url=False))
    kinds = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    if kinds & KNOWN:
        return str(error)
    if _NO_KAFKA in kinds:
        addresses = ",".join(":".join(found) for found in re.findall(r"\('([^']+)', (\d+)", str(error)))
        at = f" at {addresses}" if addresses else ""
        return f"Kafka does not answer{at}; is it running? WELLSTREAM_KAFKA says where it is"
    if full := _full_disk(error):
        return full
    if isinstance(error, PermissionError):
        return f"you have no permission to use {error.filename}; choose another folder with WELLSTREAM_HOME"
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"the file {error.filename} does not exist"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be used: {error.strerror}"
    return None


def _full_disk(error: BaseException | None) -> str | None:
    """The sentence about a full disk, if that is what caused an error, in whatever words a library has."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            where = f" at {error.filename}" if error.filename else ""
        elif any(words in str(error) for words in _FULL_DISK):
            where = ""
        else:
            error = error.__cause__ or error.__context__
            continue
        return f"the disk is full{where}; free some space, or choose another folder with WELLSTREAM_HOME"
    return None
