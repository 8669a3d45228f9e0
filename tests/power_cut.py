"""A simulated loss of power: a process is recorded by strace, and its folder rebuilt as a cut could leave it.

A change to a file is on the disk once that file was synced, and a name that was made, changed or removed once
its folder was. Whatever was not is lost or kept, each change for itself: writes also in part, and names in
their order, as in a file system's journal. What a process says on its standard output stands in the same
recording, so that what it had promised at any moment is known.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

_SECTOR = 512


@dataclass(frozen=True)
class Written:
    """Bytes written to a file."""

    offset: int
    data: bytes


@dataclass(frozen=True)
class Resized:
    """A file made shorter or longer."""

    size: int


Change = Written | Resized


@dataclass
class _File:
    synced: bytearray = field(default_factory=bytearray)
    waiting: list[Change] = field(default_factory=list)


@dataclass(frozen=True)
class _Name:
    """A name in a folder was given to a file or a folder, or removed. None is a folder, or nothing."""

    path: str
    file: _File | None
    folder: bool = False
    gone: str = ""


class Disk:
    """A folder as the recorded calls leave it, and what of it is on the disk.

    Args:
        root: The folder.
        files: What is in it at first, by path, as on the disk; None for a folder.
        journal: Whether to sync a file also brings all earlier names to the disk, as the journals of ext4 and
            XFS do. POSIX does not promise it.
    """

    def __init__(self, root: Path, files: Mapping[str, bytes | None], *, journal: bool = False) -> None:
        self._root = str(root)
        self._journal = journal
        self._synced: dict[str, _File | None] = {
            path: None if content is None else _File(bytearray(content)) for path, content in files.items()
        }
        self._names = dict(self._synced)
        self._waiting: list[_Name] = []

    def holds(self, path: str) -> bool:
        """Whether a path is in the folder."""
        return path == self._root or path.startswith(self._root + "/")

    def make(self, path: str, *, folder: bool = False) -> None:
        """A name was made."""
        if path not in self._names:
            self._name(_Name(path, None if folder else _File(), folder))

    def change(self, path: str, change: Change) -> None:
        """A file was changed."""
        file = self._names.get(path)
        if file is not None:
            file.waiting.append(change)

    def size(self, path: str) -> int:
        """How long a file is."""
        file = self._names.get(path)
        return len(_applied(file.synced, file.waiting)) if file else 0

    def rename(self, old: str, new: str) -> None:
        """A name was changed; for a folder, also of what is in it."""
        for path in [one for one in self._names if one == old or one.startswith(old + "/")]:
            file = self._names[path]
            self._name(_Name(new + path.removeprefix(old), file, file is None, gone=path))

    def remove(self, path: str) -> None:
        """A name was removed."""
        self._name(_Name(path, None, gone=path))

    def sync(self, path: str) -> None:
        """A file or a folder was brought to the disk."""
        file = self._names.get(path)
        if file is not None:
            _apply(file.synced, file.waiting)
            file.waiting = []
        left = []
        for one in self._waiting:
            if os.path.dirname(one.path) == path or (file is not None and self._journal):
                _rename(self._synced, one)
            else:
                left.append(one)
        self._waiting = left

    def after_cut(self, kept: "Kept") -> dict[str, bytes | None]:
        """The files that a cut now could leave, by path; None for a folder."""
        names = dict(self._synced)
        for one in self._waiting[: kept.names(len(self._waiting))]:
            _rename(names, one)
        return {
            path: None if file is None else _applied(file.synced, kept.changes(file.waiting))
            for path, file in names.items()
        }

    def _name(self, one: _Name) -> None:
        _rename(self._names, one)
        self._waiting.append(one)


@dataclass(frozen=True)
class Kept:
    """What of the unsynced a cut leaves: all, nothing, or a random part."""

    names: Callable[[int], int]
    changes: Callable[[Sequence[Change]], Iterable[Change]]


NOTHING = Kept(lambda count: 0, lambda changes: ())
ALL = Kept(lambda count: count, lambda changes: changes)


def some(seed: int) -> Kept:
    """A random part: the first of the names, and any of the changes, of which some only up to a sector."""
    chance = random.Random(seed)

    def chosen(changes: Sequence[Change]) -> Iterator[Change]:
        for one in changes:
            if chance.random() < 0.5:
                continue
            match one:
                case Written(offset, data):
                    yield Written(offset, data[: chance.randrange(len(data) // _SECTOR + 2) * _SECTOR])
                case Resized():
                    yield one
                case _:
                    assert_never(one)

    return Kept(lambda count: chance.randint(0, count), chosen)


def folder_content(root: Path) -> dict[str, bytes | None]:
    """A folder and what is in it, by path; None for a folder."""
    return {str(path): None if path.is_dir() else path.read_bytes() for path in [root, *root.rglob("*")]}


def write_folder(files: Mapping[str, bytes | None], root: Path, target: Path) -> None:
    """Write what a cut left of `root` into `target`; a file whose folder is lost is lost with it."""
    shutil.rmtree(target, ignore_errors=True)
    for path in sorted(files):
        place = target / Path(path).relative_to(root)
        content = files[path]
        if not (place == target or place.parent.is_dir()):
            continue
        if content is None:
            place.mkdir(exist_ok=True)
        else:
            place.write_bytes(content)


@dataclass(frozen=True)
class Call:
    """A system call that succeeded.

    Attributes:
        at: When, in seconds since 1970.
        apply: What it does to a disk.
        said: What it wrote to the standard output.
    """

    at: float
    apply: Callable[[Disk], None]
    said: bytes = b""


@dataclass(frozen=True)
class Cut:
    """A loss of power at one moment.

    Attributes:
        said: The lines that the process had written to its standard output.
        disk: The disk at that moment.
    """

    said: list[str]
    disk: Disk


def cuts(calls: Sequence[Call], root: Path, most: int, *, journal: bool = False) -> Iterator[Cut]:
    """Cuts throughout a recording, at most so many; most of them just after something was said.

    Args:
        calls: The recording, which began with an empty folder.
        root: The folder.
        most: How many.
        journal: As of the disk.
    """
    disk, said = Disk(root, {}, journal=journal), b""
    promised = [place for place, call in enumerate(calls) if call.said]
    chosen = {*_spread(promised, 2 * most // 3), *_spread(range(len(calls)), most // 3)}
    for place, call in enumerate(calls):
        call.apply(disk)
        said += call.said
        if place in chosen:
            yield Cut(said.decode().split("\n")[:-1], disk)


def _spread(places: Sequence[int], most: int) -> Sequence[int]:
    return places[:: max(1, len(places) // most)] if places else ()


def _applied(content: bytearray, changes: Iterable[Change]) -> bytes:
    now = bytearray(content)
    _apply(now, changes)
    return bytes(now)


def _apply(now: bytearray, changes: Iterable[Change]) -> None:
    for one in changes:
        match one:
            case Written(offset, data):
                now.extend(bytes(max(0, offset - len(now))))
                now[offset : offset + len(data)] = data
            case Resized(size):
                del now[size:]
                now.extend(bytes(size - len(now)))
            case _:
                assert_never(one)


def _rename(names: dict[str, _File | None], one: _Name) -> None:
    if one.gone:
        names.pop(one.gone, None)
    if one.file is not None or one.folder:
        names[one.path] = one.file
