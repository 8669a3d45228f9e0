"""`wellstream rotate`: new keys, tokens and passwords."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.settings import Settings, refuse_weak_secrets
from wellstream.cli.errors import report_errors
from wellstream.cli.output import err, out
from wellstream.local.secrets import Rotated

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_KEY = 1000


def rotate(
    names: Annotated[list[Rotated], typer.Argument(help="What to make anew.", show_default=False)],
) -> None:
    """Make secrets anew, after somebody saw them or left; stop `up` first, and start it again afterwards.

    `vault-key` encrypts the vault anew: with a copy of the old key, nobody opens it any more. Links that were
    sent stay valid, and nothing else changes for participants. Rotate a reader's token with `wellstream token
    revoke` and `add`, and a provider's secrets at the provider.

    Where a secret is set in the environment, as with docker-compose, set a new one there. Only the vault's
    key needs this command as well, while the gateway is stopped; it reads the new key from standard input:
    `docker compose run --rm -T gateway wellstream rotate vault-key < new-key`

    Examples: `wellstream rotate vault-key` · `wellstream rotate admin-token store-token kafka-passwords`
    """
    report_errors(lambda: _rotate(names))


def _rotate(names: Sequence[Rotated]) -> None:
    from wellstream.local.rotation import rotate_secrets
    from wellstream.local.secrets import require_secrets
    from wellstream.local.supervisor import sole_run

    settings = Settings()
    for name in names:
        if getattr(settings, name.replace("-", "_"), None) is None:
            continue
        variable = f"WELLSTREAM_{name.upper().replace('-', '_')}"
        if name is not Rotated.VAULT_KEY:
            raise typer.BadParameter(f"{name} is set in the environment: give {variable} a new value there")
        _rotate_vault_key(settings)
        out.print(
            f"The vault has its new key: set {variable} to it, and start the gateway.",
            highlight=False,
            soft_wrap=True,
        )
        names = [other for other in names if other is not name]
    if names:
        require_secrets(settings.home)
        with sole_run(settings.home):
            rotate_secrets(settings.home, settings.vault_path, names)
        out.print(
            f"New: {', '.join(names)}. Services take it up when they start.", highlight=False, soft_wrap=True
        )


def _rotate_vault_key(settings: Settings) -> None:
    from producers.gateway.vault_key import change_vault_key

    if sys.stdin.isatty():
        err.print("Give the new key, and press Enter and Ctrl-D:", highlight=False, soft_wrap=True)
    fresh = sys.stdin.read(_LONGEST_KEY).strip()
    refuse_weak_secrets(Settings.model_validate({"vault_key": fresh}))
    asyncio.run(change_vault_key(settings.vault_path, settings.secret("vault_key"), fresh))
