"""`wellstream check`: does the store hold everything that was accepted?"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import TypeAdapter

from schemas.clock import now
from schemas.receipts import Receipt
from schemas.settings import Settings
from streams.store.client import Reader
from streams.store.comparison import Comparison, compare_all
from streams.store.reconcile import (
    Heard,
    PromptReconciliation,
    Reconciliation,
    settle_names,
    settle_prompts,
)
from streams.store.retention import Deleted, deleted_records
from wellstream.operations.enrolment import call_admin_api

_RECEIPTS = TypeAdapter(list[Receipt])
_SETTLE_SECONDS = 10.0


@dataclass(frozen=True)
class Checked:
    """What one check has found.

    Attributes:
        prompts: Prompts on their topic, and how each ended in the store.
        accepted: Texts and check-ins on their topics, and what became of them in the store.
        comparison: Receipts, records and rows, by id and by content.
        deleted: What Kafka has deleted of the record.
    """

    prompts: PromptReconciliation
    accepted: Reconciliation
    comparison: Comparison
    deleted: Sequence[Deleted]

    @property
    def whole(self) -> bool:
        """Whether nothing is missing that should be there."""
        counted = self.accepted.lost == self.prompts.lost == 0
        return counted and self.comparison.whole and all(one.intended for one in self.deleted)

    def lines(self) -> list[str]:
        """What to tell, a line for each."""
        findings = [str(one) for one in self.comparison.first.values()]
        counts = [str(self.prompts), str(self.accepted), str(self.comparison)]
        return [*counts, *findings, *(str(one) for one in self.deleted)]


def check_everything(settings: Settings) -> Checked:
    """Check everything that was acknowledged, from the gateway's ledger to the store's rows.

    Raises:
        AdminApiRefused: The gateway does not give its receipts.
        StoreUnavailable: The store does not answer.
        KafkaError: Kafka is unavailable.
    """
    reader = Reader(settings.store_uri, settings.secret("store_token"))
    heard = Heard()
    days = settings.record_retention_days
    with httpx.Client() as client:

        def receipts(after: Receipt) -> list[Receipt]:
            page = call_admin_api(settings, "/receipts", after.model_dump(mode="json"), client)
            return _RECEIPTS.validate_python(page, strict=False)

        compared = asyncio.run(
            compare_all(settings.broker, reader.query, receipts, record_days=days, heard=heard.add)
        )
    return Checked(
        settle_prompts(reader.query, heard.prompts, _SETTLE_SECONDS),
        settle_names(reader.query, heard.accepted, _SETTLE_SECONDS),
        compared,
        deleted(settings),
    )


def write_metrics(found: Checked, path: Path) -> None:
    """Write a check's figures for Prometheus (the textfile collector of its node exporter reads them)."""
    counts = found.comparison.counts
    figures = {
        "accepted": (found.accepted.accepted, "Texts and check-ins on their topics."),
        "stored": (found.accepted.stored, "Of these, in the store."),
        "quarantined": (found.accepted.quarantined, "Of these, among the dead letters."),
        "acknowledged": (found.comparison.acknowledged, "Events that Kafka acknowledged to the gateway."),
        "unplaced": (found.comparison.unplaced, "Acknowledged without an offset, and not found."),
        "behind": (found.comparison.behind, "Records that the store has not read yet."),
        "lost": (
            found.accepted.lost + found.prompts.lost + counts["lost"] + counts["missing"],
            "Events or rows that are missing from Kafka or from the store.",
        ),
        "differing": (counts["changed"] + counts["differing"], "Events or rows with another content."),
        "time_seconds": (int(now().timestamp()), "When the check ended, in seconds since 1970."),
    }
    lines = (
        f"# HELP wellstream_check_{name} {meaning}\n# TYPE wellstream_check_{name} gauge\n"
        f"wellstream_check_{name} {value}\n"
        for name, (value, meaning) in figures.items()
    )
    # The collector may read at any moment, so it must never see half a file.
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text("".join(lines))
    fresh.replace(path)


def deleted(settings: Settings) -> list[Deleted]:
    """What Kafka has deleted of the record that the store was made from."""
    reader = Reader(settings.store_uri, settings.secret("store_token"))
    return asyncio.run(deleted_records(settings.broker, reader.query, settings.record_retention_days))
