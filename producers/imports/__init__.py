"""Past check-ins from a file, through Kafka.

`csv_table` reads the file, `mapping` says what its columns mean, `rows` reads them as answers, `events`
builds the events and `send` publishes them.
"""

__all__ = ["csv_table", "events", "mapping", "rows", "send"]
