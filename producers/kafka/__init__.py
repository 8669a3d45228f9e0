"""Publishing events to Kafka, idempotently and acknowledged."""
