"""The store: DuckDB as a projection of the topics, owned by one process, served read-only."""
