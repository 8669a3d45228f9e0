"""SMS providers behind one small interface.

`base` is the interface and `registry` builds the configured ones; every other module is one provider, or one
family of them.
"""

__all__ = ["base", "registry"]
