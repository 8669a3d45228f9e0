"""SMS providers behind one small interface."""
