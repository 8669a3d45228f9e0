"""Known failures as one sentence each. What is not known here is a fault of ours and keeps its traceback."""

import errno

from dashboard.reader import NotAllowed, StoreUnavailable
from producers.publisher import NotStored
from producers.serve import PortInUse, StudyChanged
from producers.simulator.client import Refused
from producers.vault import VaultError
from schemas.settings import MissingSetting
from schemas.yaml_file import DefinitionError
from streams.files import CheckInFileError
from streams.store.migrate import FromNewerRelease
from streams.store.serve import TopicsReplaced
from streams.store.tables import StoreFileInUse
from wellstream.enrol import DeskRefused
from wellstream.indicators import NotInFile
from wellstream.kafka import KafkaUnavailable
from wellstream.supervisor import AlreadyRunning, ServiceFailed
from wellstream.topics import TopicMismatch, TopicRefused

_KNOWN = (
    AlreadyRunning,
    CheckInFileError,
    DeskRefused,
    FromNewerRelease,
    KafkaUnavailable,
    MissingSetting,
    NotAllowed,
    NotInFile,
    NotStored,
    PortInUse,
    Refused,
    ServiceFailed,
    StoreFileInUse,
    StoreUnavailable,
    StudyChanged,
    DefinitionError,
    TopicMismatch,
    TopicRefused,
    TopicsReplaced,
    VaultError,
)


def sentence_for(error: Exception) -> str | None:
    """What to tell a person about an error; None if it is not one that a person can mend."""
    if isinstance(error, ExceptionGroup):
        return sentence_for(error.exceptions[0])
    if isinstance(error, _KNOWN):
        return str(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        where = f" at {error.filename}" if error.filename else ""
        return f"the disk is full{where}; make room, or choose another folder with WELLSTREAM_HOME"
    if isinstance(error, PermissionError):
        return f"no permission for {error.filename}; choose another folder with WELLSTREAM_HOME"
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"there is no file {error.filename}"
    return None
