"""What the store's writer tells the process that serves readers, through a pipe that only they hold."""

import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from schemas.topic_log import Partition
from streams.store.limits import Limits
from streams.store.schema import Rows

_LENGTH = struct.Struct(">Q")


@dataclass(frozen=True)
class Start:
    """Copy the file and open the copy.

    Attributes:
        file: The writer's file, which has everything that was written before the first `Written`.
        copy: Where to put the copy; its folder also takes what does not fit into memory.
        listener: The file descriptor of a socket that listens, or on Windows the socket as bytes.
        token: The digest of the operator's token.
        tokens: The file of the others.
        limits: What readers may use.
    """

    file: Path
    copy: Path
    listener: int | bytes
    token: str
    tokens: Path
    limits: Limits


@dataclass(frozen=True)
class Written:
    """Rows and offsets as the writer has written them."""

    rows: Rows
    reached: Mapping[Partition, int]
    begun: Mapping[Partition, int]


@dataclass(frozen=True)
class Computed:
    """The tables that the batch computes, whole, as Arrow streams."""

    tables: Mapping[str, bytes]


@dataclass(frozen=True)
class Serve:
    """Begin to answer readers."""


@dataclass(frozen=True)
class Retire:
    """Answer those who have asked, and end: another process has taken over."""


@dataclass(frozen=True)
class Replaced:
    """What became of a request to put a rebuilt file in place.

    Attributes:
        status: The status of HTTP.
        text: A report, or a sentence.
    """

    status: int
    text: str


Frame = Start | Written | Computed | Serve | Retire | Replaced


def encode(frame: Frame) -> bytes:
    """A frame as bytes, with its length in front."""
    body = pickle.dumps(frame, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


def read(stream: IO[bytes]) -> Frame | None:
    """The next frame; None where the writer has gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    if len(body) < length:
        return None
    # The pipe's other end is the process that started this one; nobody else can write to it.
    frame: Frame = pickle.loads(body)  # noqa: S301
    return frame
