"""How many examples a law takes, as a share of the profile's."""

from hypothesis import settings

_FULL = 100
_FEWEST = 5


def examples(full: int) -> settings:
    """So many in CI; in proportion fewer in the inner loop."""
    assert settings.default is not None
    return settings(max_examples=max(_FEWEST, full * settings.default.max_examples // _FULL))
