"""Every word that a participant reads or may write, in each language; a study's own texts come first."""
