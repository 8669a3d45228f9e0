"""The Faust worker, the only package that imports faust.

`agents` holds the work, as plain functions of events and of the `ports`; `app` wires them to topics, and
`batching`, `gap_recovery` and `faust_ports` see to it that no event is lost. The process is `app.run_worker`.
Nothing is imported here, so that the agents can be used without Faust.
"""
