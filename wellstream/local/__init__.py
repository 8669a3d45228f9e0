"""Everything on one machine: Kafka and the services as supervised child processes, and the demo.

`demo` has `run_demo` and `run_up`; `state` finds the installation that runs from this folder; `kafka` runs a
broker; `supervisor` runs child processes. Nothing is imported here, so that `--help` answers at once.
"""

__all__ = ["demo", "kafka", "secrets", "services", "state", "supervisor"]
