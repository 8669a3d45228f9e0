"""The study definitions in the store, and which of them people are in."""

from collections.abc import Callable, Iterable
from typing import Any

from schemas.base import Measure
from schemas.study import Study
from schemas.study.versions import Versions

Query = Callable[..., Any]
"""Answers SQL with a data frame; `:name` stands for a parameter."""


def versions(query: Query) -> Versions:
    """Every definition that is known."""
    found = query("select definition from studies order by id, version")["definition"]
    return Versions(Study.model_validate_json(text) for text in found)


def newest_studies(query: Query) -> dict[str, Study]:
    """The newest definition in use of each study, by id; that of most people first."""
    counted = query("select study, count(*) as people from participants group by 1 order by 2 desc, 1")
    known, newest = versions(query), dict[str, Study]()
    for ref in counted["study"]:
        if ref in known:
            study = known[ref]
            there = newest.setdefault(study.id, study)
            newest[study.id] = max(there, study, key=lambda one: one.version)
    return newest


def alike(known: Versions, study: Study, measures: Iterable[Measure]) -> list[str]:
    """The versions of a study that ask all of some measures as this one does."""
    asked = list(measures)
    refs = [ref for ref, one in known.studies.items() if one.id == study.id]
    return [ref for ref in refs if all(known.alike(study.ref, ref, measure) for measure in asked)]


def asked_alike(known: Versions, study: Study, measure: Measure) -> tuple[list[str], list[str]]:
    """A measure's items, and the versions of the study that ask it as this one does."""
    return [item.id for item in study.items_of(measure)], alike(known, study, [measure])
