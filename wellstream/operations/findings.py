"""What `wellstream doctor` finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        ok: Whether nothing has to be done about it.
        text: What was found.
        remedy: What to do; never empty if it is not ok.
        tried: Whether the thing itself was tried, rather than only how it is set up.
    """

    ok: bool
    text: str
    remedy: str = ""
    tried: bool = True

    @property
    def mark(self) -> str:
        """`ok` for what was tried and works, `untried` for what cannot be tried here, or `check`."""
        if not self.ok:
            return "check"
        return "ok" if self.tried else "untried"
