"""Which of those whom an OpenID Connect provider knows may come in."""

from schemas.settings import MissingSetting

CALLBACK = "/sign-in/callback"
"""Where the provider sends people back to."""


class NotAdmitted(Exception):
    """The provider did not confirm an address that may come in; the text is for the log."""


class AllowList:
    """Who may come in.

    Args:
        emails: Addresses, separated by commas.
        domains: What follows the @ of addresses that may come in, separated by commas.

    Raises:
        MissingSetting: Neither is given, or one is no address or domain.
    """

    def __init__(self, emails: str, domains: str) -> None:
        self._emails = frozenset(_parts(emails))
        self._domains = frozenset(_parts(domains))
        if not self._emails and not self._domains:
            raise MissingSetting(
                "WELLSTREAM_OIDC_CLIENT_ID needs WELLSTREAM_OIDC_EMAILS or WELLSTREAM_OIDC_DOMAINS: who may "
                "come in"
            )
        for one in self._emails:
            if one.count("@") != 1 or one.startswith("@") or one.endswith("@"):
                raise MissingSetting(f"WELLSTREAM_OIDC_EMAILS: {one!r} is no e-mail address")
        for one in self._domains:
            if "@" in one or "*" in one or "." not in one.strip("."):
                raise MissingSetting(
                    f"WELLSTREAM_OIDC_DOMAINS: {one!r} is no domain such as hospital.example"
                )

    def has(self, address: str) -> bool:
        """Whether an address may come in; a domain admits no subdomain."""
        address = address.strip().lower()
        user, at, domain = address.rpartition("@")
        return address in self._emails or bool(user and at and domain in self._domains)


def _parts(text: str) -> list[str]:
    return [part.strip().lower() for part in text.split(",") if part.strip()]
