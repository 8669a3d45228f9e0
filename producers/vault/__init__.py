"""The vault: telephone numbers, keys, links and claims of texts, in one encrypted file.

Only the gateway's process opens it. Everything that names a person stays in here.
"""

from producers.vault.calls import Kept
from producers.vault.connection import VaultError, VaultUnavailable
from producers.vault.directory import Contact, Enrolment, Person, normalise
from producers.vault.dispatches import Dispatch
from producers.vault.links import Link, NewLink
from producers.vault.vault import Vault

__all__ = [
    "Contact",
    "Dispatch",
    "Enrolment",
    "Kept",
    "Link",
    "NewLink",
    "Person",
    "Vault",
    "VaultError",
    "VaultUnavailable",
    "normalise",
]
