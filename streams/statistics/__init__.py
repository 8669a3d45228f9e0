"""Group statistics by arm, phase and intervention: pure functions for batch jobs, not for the worker.

Nothing is imported here, so that a process loads the libraries of only the modules it needs.
"""
