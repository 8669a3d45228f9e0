"""Statistics over people: per arm, per phase, per intervention. Pure functions, for batches, not the worker.

Nothing is imported here, so that a process which needs one module does not load the libraries of all.
"""
