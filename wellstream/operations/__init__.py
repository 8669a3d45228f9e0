"""What operators do, each task a function of the settings; the commands only parse and print.

Create topics, enrol participants, import files, reconcile, rebuild, replay dead letters, diagnose.
"""

__all__ = [
    "check",
    "checkin_file",
    "dead_letters",
    "doctor",
    "enrolment",
    "help_calls",
    "imports",
    "indicators",
    "paths",
    "phone",
    "probes",
    "study_safety",
    "topics",
]
