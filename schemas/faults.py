"""Telling a fault of ours to a log without telling what a person said: an exception's text may quote it."""

import traceback


def type_and_frames(error: BaseException) -> str:
    """An exception's type and its frames, innermost last; neither its message nor its causes' messages."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{frames}"
