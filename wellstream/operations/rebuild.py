"""`wellstream rebuild`: of a store that runs, or of one that does not."""

import asyncio
import json
from collections.abc import Collection

from schemas.settings import Settings
from streams.store.client import Reader, StoreUnavailable
from streams.store.rebuild import RebuildReport, build, rebuild, require_tables


def rebuild_store(settings: Settings, accept_loss: Collection[str] = ()) -> RebuildReport:
    """Recompute the store from the topics into a new file, and have it put in place.

    Raises:
        NotAllowed: The running store refuses the new file.
        RebuildRefused: The new file is not put in place.
        StoreFileInUse: The store runs, but does not answer.
    """
    require_tables(accept_loss)
    if settings.store_token is None:
        return asyncio.run(rebuild(settings, accept_loss))
    reader = Reader(settings.store_uri, settings.secret("store_token"))
    try:
        reader.query("select 1")
    except StoreUnavailable:
        return asyncio.run(rebuild(settings, accept_loss))
    asyncio.run(build(settings))
    found = json.loads(reader.rebuilt(accept_loss))
    return RebuildReport(**{when: _counted(found[when]) for when in ("before", "after")})


def _counted(tables: dict[str, list[object]]) -> dict[str, tuple[int, str]]:
    return {name: (int(str(rows)), str(digest)) for name, (rows, digest) in tables.items()}
