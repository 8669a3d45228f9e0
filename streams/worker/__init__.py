"""The Faust worker, the only package that imports faust. Agents wire topics to functions and never raise."""
