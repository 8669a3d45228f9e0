"""Participants' keys from the gateway's admin API; waits while the API is unavailable."""

import asyncio
import logging

import httpx

from schemas.settings import Settings

_TIMEOUT_SECONDS = 5.0
_CACHE_SIZE = 20_000
_LONGEST_WAIT = 5.0
_log = logging.getLogger(__name__)


class KeyClient:
    """Fetches keys and caches them while the worker runs.

    Args:
        settings: The admin API's address and token.
        client: The HTTP client; by default, one for the admin API.
    """

    def __init__(self, settings: Settings, client: httpx.AsyncClient | None = None) -> None:
        headers = {"Authorization": f"Bearer {settings.secret('admin_token')}"}
        self._client = client or httpx.AsyncClient(
            base_url=settings.admin_url, headers=headers, timeout=_TIMEOUT_SECONDS
        )
        self._keys: dict[str, bytes] = {}

    async def key(self, participant: str) -> bytes | None:
        """The 32-byte key of a participant; None if it was destroyed, and its seals cannot be opened."""
        if participant not in self._keys:
            if len(self._keys) >= _CACHE_SIZE:
                self._keys.clear()
            key = await self._fetch(participant)
            if key is None:
                return None
            self._keys[participant] = key
        return self._keys[participant]

    async def _fetch(self, participant: str) -> bytes | None:
        wait = 0.1
        while True:
            try:
                response = await self._client.get(f"/keys/{participant}")
                if response.status_code == httpx.codes.NOT_FOUND:
                    return None
                response.raise_for_status()
                return response.content
            except httpx.HTTPError as error:
                _log.warning(
                    "the admin API does not answer (%s); trying again in %.1f s", type(error).__name__, wait
                )
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
