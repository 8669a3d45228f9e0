"""The Faust worker, the only package that imports faust.

`agents` holds the work, as plain functions of events and `ports`; `app` wires them to topics; `batching`,
`gap_recovery` and `faust_ports` make sure that no event is lost. `app.run_worker` runs the process.
This module imports nothing, so that the agents can be used without Faust.
"""
