"""What takes models to compute about a study: what the nightly batch keeps and the report prints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.study import Study
from schemas.study.versions import Versions
from streams.store.composites import composites, reliability_of
from streams.store.definitions import Query
from streams.store.model_rows import CompositeReliability, ModelTerm, ProximalEffect
from streams.store.model_terms import models_of
from streams.store.outcomes import measures, outcomes
from streams.store.proximal import proximal_effects


@dataclass(frozen=True)
class Modelled:
    """The results for one study.

    Attributes:
        terms: Coefficients of all models of all measures.
        reliability: Of every composite.
        proximal_effects: Of supportive texts on every measure; empty unless texts are decided on at random.
    """

    terms: Sequence[ModelTerm]
    reliability: Sequence[CompositeReliability]
    proximal_effects: Sequence[ProximalEffect]

    @classmethod
    def of(cls, query: Query, study: Study, known: Versions, at: datetime) -> "Modelled":
        """Compute everything; takes seconds for each measure."""
        asked = outcomes(study)
        return cls(
            list(models_of(query, study, known, asked, at)),
            list(reliability_of(query, study, known, composites(study), at)),
            list(proximal_effects(query, study, known, measures(asked), at)),
        )

    def by_table(self) -> Mapping[str, list[dict[str, Any]]]:
        """The rows of each of the store's tables."""
        return {
            "model_terms": [row._asdict() for row in self.terms],
            "reliability": [row._asdict() for row in self.reliability],
            "proximal_effects": [row._asdict() for row in self.proximal_effects],
        }
