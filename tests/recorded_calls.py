"""The system calls of a process, as strace records them, and what each does to a simulated disk."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from tests.power_cut import Call, Disk, Resized, Written

_CALLS = (
    "openat,open,creat,write,pwrite64,writev,pwritev,lseek,ftruncate,truncate,fallocate,fsync,fdatasync,"
    "msync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,sendfile,copy_file_range,"
    "dup,dup2,dup3,fcntl"
)
_LINE = re.compile(
    r"(?P<pid>\d+) +(?P<at>\d+\.\d+) (?P<call>\w+)\((?P<given>.*)\) += (?P<result>-?\d+)(?P<more>.*)"
)
_BEGUN = re.compile(r"(?P<start>(?P<pid>\d+) .*) <unfinished \.\.\.>")
_RESUMED = re.compile(r"(?P<pid>\d+) +(?P<at>\d+\.\d+) <\.\.\. \w+ resumed>(?P<rest>.*)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_OPENED = re.compile(r"(-?\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2})*)>")
_STDOUT = 1


@cache
def _refusal() -> str:
    if shutil.which("strace") is None:
        return "there is no strace on this machine"
    tried = subprocess.run(
        ["strace", "-f", "--seccomp-bpf", "true"], capture_output=True, text=True, check=False
    )
    return "" if tried.returncode == 0 else f"processes may not be traced here: {tried.stderr.strip()[:100]}"


def recording(command: Sequence[str], trace: Path) -> list[str]:
    """The command that runs another one and records it; skips the test where that is impossible."""
    if refusal := _refusal():
        pytest.skip(refusal)
    calls = f"trace={_CALLS}"
    return [
        "strace",
        "-f",
        "-ttt",
        "-y",
        "-xx",
        "-s",
        "4000000",
        "--seccomp-bpf",
        "-o",
        str(trace),
        "-e",
        calls,
        *command,
    ]


def read_calls(trace: Path) -> list[Call]:
    """The calls of a recording, in the order in which they returned."""
    offsets: dict[str, int] = {}
    begun: dict[str, str] = {}
    found: list[Call] = []
    with trace.open() as lines:
        for line in lines:
            if part := _BEGUN.match(line):
                begun[part["pid"]] = part["start"]
                continue
            if (part := _RESUMED.match(line)) and (start := begun.pop(part["pid"], None)):
                line = start + part["rest"]
            if (whole := _LINE.match(line)) and int(whole["result"]) >= 0:
                found += _calls(whole, offsets)
    return found


def _calls(line: "re.Match[str]", offsets: dict[str, int]) -> Iterator[Call]:
    """What one line says; `offsets` are those of the open files, by number."""
    given, result, at = line["given"], int(line["result"]), float(line["at"])
    texts = [_plain(one) for one in _TEXT.findall(given)]
    opened = _OPENED.search(given)
    number, path = (opened[1], _plain(opened[2]).decode()) if opened else ("", "")
    match line["call"]:
        case "openat" | "open" | "creat":
            yield from _open(line, at, offsets)
        case "write" | "writev":
            data = b"".join(texts)[:result]
            if number == str(_STDOUT):
                yield Call(at, lambda disk: None, data)
            yield Call(at, _append(path, data, offsets, number))
        case "pwrite64" | "pwritev":
            data, offset = b"".join(texts)[:result], int(given.rpartition(", ")[2])
            yield Call(at, lambda disk: disk.change(path, Written(offset, data)))
        case "lseek":
            offsets[number] = result
        case "ftruncate":
            size = int(given.rpartition(", ")[2])
            yield Call(at, lambda disk: disk.change(path, Resized(size)))
        case "fsync" | "fdatasync":
            yield Call(at, lambda disk: disk.sync(path))
        case "rename" | "renameat" | "renameat2":
            old, new = _paths(given)
            yield Call(at, lambda disk: disk.rename(old, new) if disk.holds(old) else None)
        case "unlink" | "unlinkat" | "rmdir":
            (gone,) = _paths(given)
            yield Call(at, lambda disk: disk.remove(gone) if disk.holds(gone) else None)
        case "mkdir" | "mkdirat":
            (made,) = _paths(given)
            yield Call(at, lambda disk: disk.make(made, folder=True) if disk.holds(made) else None)
        case "fcntl" | "dup" | "dup2" | "dup3" | "msync" | "fallocate":
            pass
        case other:
            yield Call(at, _unknown(other, path))


def _unknown(call: str, path: str) -> Callable[[Disk], None]:
    def apply(disk: Disk) -> None:
        assert not disk.holds(path), f"{call} changed {path}, and the simulation does not know that call"

    return apply


def _open(line: "re.Match[str]", at: float, offsets: dict[str, int]) -> Iterator[Call]:
    opened = _OPENED.search(f"{line['result']}{line['more'].strip()}")
    if opened is None:
        return
    number, path = opened[1], _plain(opened[2]).decode()
    offsets[number] = -1 if "O_APPEND" in line["given"] else 0
    if "O_CREAT" in line["given"]:
        yield Call(at, lambda disk: disk.make(path) if disk.holds(path) else None)
    if "O_TRUNC" in line["given"]:
        yield Call(at, lambda disk: disk.change(path, Resized(0)))


def _append(path: str, data: bytes, offsets: dict[str, int], number: str) -> Callable[[Disk], None]:
    offset = offsets.get(number, 0)
    if offset >= 0:
        offsets[number] = offset + len(data)
    return lambda disk: disk.change(path, Written(offset if offset >= 0 else disk.size(path), data))


def _paths(given: str) -> list[str]:
    """The paths that a call names, those below an open folder in full."""
    found = []
    folder = ""
    for opened, hexed in re.findall(
        r'(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})*)>|"((?:\\x[0-9a-f]{2})*)"', given
    ):
        if opened:
            folder = _plain(opened).decode()
        else:
            found.append(os.path.normpath(os.path.join(folder, _plain(hexed).decode())))
    return found


def _plain(hexed: str) -> bytes:
    return bytes.fromhex(hexed.replace("\\x", ""))
