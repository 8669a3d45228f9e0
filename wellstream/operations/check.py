"""`wellstream check`: does the store hold everything that was accepted?"""

import asyncio

from schemas.settings import Settings
from streams.store.client import Reader
from streams.store.reconcile import (
    PromptReconciliation,
    Reconciliation,
    reconcile_prompts,
    reconcile_with_topics,
)
from streams.store.retention import Deleted, deleted_records


def reconcile(settings: Settings) -> Reconciliation:
    """Compare every accepted event on the topics with the contents of the store."""
    reader = Reader(settings.store_uri, settings.secret("store_token"))
    return asyncio.run(reconcile_with_topics(settings.kafka, reader.query))


def prompts(settings: Settings) -> PromptReconciliation:
    """Compare every prompt on its topic with the contents of the store."""
    reader = Reader(settings.store_uri, settings.secret("store_token"))
    return asyncio.run(reconcile_prompts(settings.kafka, reader.query))


def deleted(settings: Settings) -> list[Deleted]:
    """What Kafka has deleted of the record that the store was made from."""
    reader = Reader(settings.store_uri, settings.secret("store_token"))
    return asyncio.run(deleted_records(settings.kafka, reader.query, settings.record_retention_days))
