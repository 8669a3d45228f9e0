"""Records that nobody should write: hostile bytes, and real events with one thing changed for the worse."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

DEEP = b"[" * 1000
FAR = "0001-01-01T00:00:00+23:59"
_LINES = (Path(__file__).parent / "schemas" / "events_v1.jsonl").read_text(encoding="utf-8").splitlines()
REAL = tuple(json.loads(line) for line in _LINES)

_NASTY: tuple[Any, ...] = (
    None, True, -1, 0, 2**31, 2**63, 2**64, 10**400, 1e308, -1e308, 0.1, float("nan"), float("inf"),
    200, 500, 10_000, 100_000, 2**31 - 1, 2**63 - 1,
    "", "x", "\x00", "\ud800", "\U0010ffff", "9" * 5000, "p-0123456789abcdef", "demo@1", "demo@9999999999",
    FAR, "9999-12-31T23:59:59-23:59", "1900-01-01T00:00:00Z", "2199-12-31T23:59:59.999Z", "2026-03-29T02:30",
    "0001-01-01", "9999-12-31", "1900-01-01", "2199-12-31", "Pacific/Apia", "Europe/Atlantis",
    [], {}, [[]], [None], {"mood": 5}, {"nonce": "", "ciphertext": ""}, ["creative_activity"] * 600,
    {f"i{number}": 1 for number in range(600)},
)  # fmt: skip
"""Values that belong nowhere, or at the edge of what belongs somewhere."""


def paths(content: Any, before: tuple[int | str, ...] = ()) -> list[tuple[int | str, ...]]:
    """Where something can be changed in a JSON document: every key and place in it."""
    inner: list[tuple[int | str, Any]] = []
    if isinstance(content, dict):
        inner = list(content.items())
    elif isinstance(content, list):
        inner = list(enumerate(content))
    return [path for key, one in inner for path in [(*before, key), *paths(one, (*before, key))]]


def changed(content: Any, path: tuple[int | str, ...], value: Any, *, gone: bool = False) -> Any:
    """A copy in which the value at a path is another one, or is gone."""
    first, *rest = path
    copy: Any = dict(content) if isinstance(content, dict) else list(content)
    if rest:
        copy[first] = changed(copy[first], tuple(rest), value, gone=gone)
    elif gone:
        del copy[first]
    else:
        copy[first] = value
    return copy


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real event with one to three things changed, as bytes; much of it is refused, some is not."""
    content = draw(st.sampled_from(REAL))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(paths(content) or [("type",)]))
        content = changed(content, path, draw(st.sampled_from(_NASTY)), gone=draw(st.integers(0, 9)) == 0)
    return json.dumps(content).encode()


hostile = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [DEEP, b"{" * 1000, b'{"a":' * 1000, b"null", b"[]", b"", b"\x00", b"9" * 5000, b'"\\ud800"']
    ),
    mutated(),
)
"""Any bytes, and real events that were tampered with."""
