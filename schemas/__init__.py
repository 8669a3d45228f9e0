"""The words of the system: what is said on each topic, and what a study is."""
