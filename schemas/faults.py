"""Exceptions for the log, without their messages, which may quote a participant."""

import traceback


def type_and_frames(error: BaseException) -> str:
    """An exception's type and its frames, innermost last, without any message."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{frames}"
