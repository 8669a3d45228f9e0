"""Signing in with an organisation's accounts: real tokens of a provider on this machine."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey
from playwright.sync_api import Page, expect

from dashboard.sign_in.admission import AllowList
from dashboard.sign_in.entrance import Entrance
from schemas.settings import MissingSetting, Settings
from tests.dashboard.sign_in.oidc_provider import CLIENT_ID, SOMEBODY, Provider, running
from tests.dashboard.sign_in.site import CountingStore, Site, serving
from wellstream.local.kafka import free_port

ALLOWED = {"oidc_emails": "bert@elsewhere.example", "oidc_domains": "hospital.example"}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running(Provider()) as found:
        yield found


@pytest.fixture(scope="module")
def site(
    provider: Provider, counting_store: CountingStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    port, home = free_port(), tmp_path_factory.mktemp("oidc")
    url = f"http://127.0.0.1:{port}"
    settings = provider.settings | ALLOWED | {"dashboard_url": url}
    with serving(home, counting_store, port, **settings) as found:
        yield found


@pytest.fixture(autouse=True)
def as_usual(provider: Provider) -> None:
    provider.claims, provider.overrides, provider.more = dict(SOMEBODY), {}, {}
    provider.sign_with, provider.algorithm = provider.key, "RS256"


class Visit:
    """Goes through the provider, as a browser does, to the last answer."""

    def __init__(self, site: Site) -> None:
        self._site = site
        with httpx.Client(follow_redirects=True, headers={"accept": "text/html"}) as client:
            self.answer = client.get(f"{site.url}/sign-in/provider", params={"next": "/_stcore/metrics"})
            self.is_in = is_in(client, site)


def is_in(client: httpx.Client, site: Site) -> bool:
    return client.get(f"{site.url}/", headers={"accept": "*/*"}).status_code == 200


@pytest.mark.slow
@pytest.mark.browser
def test_somebody_of_the_organisation_signs_in_with_a_browser(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/operations")
    assert page.get_by_label("Password").count() == 0
    page.get_by_role("link", name="Sign in with Hospital Example").click()
    expect(page.get_by_role("heading", name="Operations", level=1)).to_be_visible()
    page.get_by_role("button", name="ann@hospital.example").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in"))
    page.goto(site.url)
    expect(page).to_have_url(re.compile("/sign-in"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "address", ["ann@hospital.example", "ANN@Hospital.Example", "bert@elsewhere.example"]
)
def test_who_is_on_the_list_comes_in(site: Site, provider: Provider, address: str) -> None:
    provider.claims["email"] = address
    visit = Visit(site)
    assert visit.answer.url.path == "/_stcore/metrics"
    assert visit.is_in


@pytest.mark.slow
@pytest.mark.parametrize("said", [True, "true", "1", 1])
def test_entra_id_says_in_its_own_way_that_an_address_is_verified(
    site: Site, provider: Provider, said: object
) -> None:
    provider.claims |= {"email_verified": None, "xms_edov": said}
    assert Visit(site).is_in


OTHERS: list[dict[str, Any]] = [
    {"email": "eve@elsewhere.example"},
    {"email": "eve@ward.hospital.example"},
    {"email": "eve@hospital.example.evil.example"},
    {"email": "eve@evil.example@hospital.example", "email_verified": False},
    {"email": "@hospital.example"},
    {"email_verified": False},
    {"email_verified": None},
    {"email_verified": "yes"},
    {"email_verified": None, "xms_edov": False},
    {"email_verified": False, "xms_edov": True},
    {"email": None},
    {"email": ["ann@hospital.example"]},
]


@pytest.mark.slow
@pytest.mark.parametrize("claims", OTHERS, ids=str)
def test_others_stay_outside(site: Site, provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims |= claims
    visit = Visit(site)
    assert visit.answer.status_code == 403
    assert "You could not be signed in with Hospital Example" in visit.answer.text
    assert not visit.is_in


FORGED: dict[str, dict[str, Any]] = {
    "another key": {},
    "the public key as if shared": {},
    "no signature": {},
    "for another client": {"aud": "another-client"},
    "for another client, through ours": {"aud": "another-client", "azp": CLIENT_ID},
    "of another issuer": {"iss": "http://127.0.0.1:1"},
    "expired": {"exp": int(time.time()) - 3600},
    "of another sign-in": {"nonce": "another"},
    "without a nonce": {"nonce": None},
    "without an issuer": {"iss": None},
    "without a subject": {"sub": None},
}


@pytest.mark.slow
@pytest.mark.parametrize("what", FORGED)
def test_a_token_that_is_not_the_providers_for_us_is_refused(
    site: Site, provider: Provider, what: str
) -> None:
    provider.overrides = FORGED[what]
    if what == "another key":
        provider.sign_with = RSAKey.generate_key(2048, {"kid": "published"})
    provider.algorithm = {"the public key as if shared": "HS256", "no signature": "none"}.get(what, "RS256")
    visit = Visit(site)
    assert visit.answer.status_code == 403
    assert not visit.is_in


@pytest.mark.slow
def test_an_answer_that_nobody_asked_for_is_refused(site: Site) -> None:
    """Somebody else's code must not sign a browser in that did not ask for it."""
    begun = httpx.get(f"{site.url}/sign-in/provider")
    back = httpx.get(begun.headers["location"]).headers["location"]
    with httpx.Client(headers={"accept": "text/html"}) as stranger:
        assert stranger.get(back).status_code == 403
        assert not is_in(stranger, site)
        for query in ("", "?error=access_denied", "?code=x", "?code=x&state=y", "?state=" + "s" * 5000):
            assert stranger.get(f"{site.url}/sign-in/callback{query}").status_code == 403


@pytest.mark.slow
def test_an_address_may_come_from_userinfo_about_the_same_person_only(site: Site, provider: Provider) -> None:
    provider.claims = {}
    for subject, enters in (("248289761001", True), ("somebody else", False)):
        provider.more = SOMEBODY | {"sub": subject}
        assert Visit(site).is_in is enters


@pytest.mark.slow
def test_a_provider_that_is_away_is_one_sentence(counting_store: CountingStore, home: Path) -> None:
    away = Provider()
    with serving(home, counting_store, 0, **(away.settings | ALLOWED)) as site:
        answer = Visit(site).answer
        assert answer.status_code == 502
        assert "Hospital Example cannot be reached. Try again later." in answer.text
        assert "Traceback" not in site.log.read_text()


@pytest.mark.slow
def test_tokens_and_secrets_do_not_stand_in_the_log(site: Site, provider: Provider) -> None:
    provider.claims |= {"email": "eve@elsewhere.example"}
    Visit(site)
    written = site.log.read_text()
    assert "ann@hospital.example signed in from 127.0.0.0/24" in written
    assert "WELLSTREAM_OIDC_EMAILS" in written
    for secret in ("eyJ", "the secret of the client", "eve@elsewhere.example", "Traceback"):
        assert secret not in written


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"oidc_metadata_url": ""}, "WELLSTREAM_OIDC_METADATA_URL"),
        ({"oidc_metadata_url": "http://provider.example/x"}, "https://"),
        ({"oidc_client_secret": ""}, "WELLSTREAM_OIDC_CLIENT_SECRET"),
        ({"oidc_emails": "", "oidc_domains": ""}, "WELLSTREAM_OIDC_EMAILS or WELLSTREAM_OIDC_DOMAINS"),
        ({"oidc_emails": "ann"}, "'ann' is no e-mail address"),
        ({"oidc_domains": "*.example"}, "no domain"),
        ({"oidc_domains": "com"}, "no domain"),
    ],
)
def test_an_incomplete_provider_is_a_sentence(changed: dict[str, str], names: str) -> None:
    given = Provider(port=1).settings | ALLOWED | changed
    with pytest.raises(MissingSetting, match=re.escape(names)):
        Entrance(Settings.model_validate(given))


def test_a_domain_admits_no_other_that_ends_alike() -> None:
    allowed = AllowList("", "hospital.example")
    assert allowed.has("ann@hospital.example")
    for other in ("ann@myhospital.example", "ann@a.hospital.example", "hospital.example", "ann@", ""):
        assert not allowed.has(other)
