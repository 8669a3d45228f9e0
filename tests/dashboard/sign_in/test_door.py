"""What strangers get over HTTP: the sign-in page, and nothing else."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from dashboard.sign_in.accounts import Role
from dashboard.sign_in.pages import local_path
from schemas.clock import now
from tests.dashboard.sign_in.site import FOUR_WORDS, NAME, CountingStore, Site, add_account, serving

pytestmark = pytest.mark.slow

PATHS = [
    "/", "/overview", "/interventions", "/participant?participant=p-1", "/operations", "/sign-out",
    "/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/allowed-message-origins", "/media/x.csv",
    "/static/js/index.js", "/favicon.png", "/component/x/index.html", "/_stcore/upload_file/a/b", "/mcp",
    "/auth/login", "/auth/logout", "/oauth2callback", "/sign-in-page", "//sign-in",
    "/%73ign-in/../operations",
    "/_stcore/health/../metrics", "/_stcore/health/", "/_stcore/stream",
]  # fmt: skip


@pytest.fixture
def stranger(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, headers={"accept": "text/html"}) as client:
        yield client


@pytest.fixture
def fresh(counting_store: CountingStore, tmp_path: Path) -> Iterator[Site]:
    """A dashboard whose wrong passwords count for nobody else."""
    add_account(tmp_path)
    with serving(tmp_path, counting_store) as running:
        yield running


def enter(client: httpx.Client, password: str = FOUR_WORDS, name: str = NAME, **more: str) -> httpx.Response:
    return client.post("/sign-in", data={"name": name, "password": password, **more})


def cookie_of(answer: httpx.Response) -> str:
    found: SimpleCookie = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        found.load(line)
    return f"wellstream-session={found['wellstream-session'].value}"


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_answered_to_strangers(site: Site, stranger: httpx.Client, path: str) -> None:
    asked = site.store.asked
    shown = stranger.get(path)
    assert shown.status_code == 303
    assert shown.headers["location"].startswith("/sign-in")
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"):
        answer = stranger.request(method, path, headers={"accept": "*/*"})
        assert answer.status_code == 401, method
        assert answer.text in ("Sign in first.\n", "")
    assert site.store.asked == asked


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/_stcore/health", "/_stcore/host-config", "/sign-in/nothing"]
)
def test_no_answer_may_be_framed(stranger: httpx.Client, path: str) -> None:
    for headers in ({"accept": "text/html"}, {"accept": "*/*"}):
        answer = stranger.get(path, headers=headers)
        assert answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_what_is_shown_to_people_who_are_signed_in_may_not_be_framed_either(stranger: httpx.Client) -> None:
    assert enter(stranger, next="/operations").headers["location"] == "/operations"
    page = stranger.get("/operations")
    assert "streamlit" in page.text.lower()
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["content-security-policy"] == "frame-ancestors 'none'"


def test_a_page_of_another_site_cannot_sign_anybody_in(stranger: httpx.Client) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        answer = stranger.post(
            "/sign-in", data={"name": NAME, "password": FOUR_WORDS}, headers={"origin": origin}
        )
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{}", "application/json", 400),
        (b"name=" + b"a" * 9000, "application/x-www-form-urlencoded", 400),
        (b"&".join(b"f%d=1" % number for number in range(50)), "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded", 403),
        (b"name=%ff%00&password=%ed%a0%80", "application/x-www-form-urlencoded", 403),
        (b"name=" + b"n" * 4000 + b"&password=" + b"p" * 4000, "application/x-www-form-urlencoded", 403),
    ],
)
def test_a_form_that_is_none_is_refused(
    stranger: httpx.Client, content: bytes, kind: str, status: int
) -> None:
    answer = stranger.post("/sign-in", content=content, headers={"content-type": kind})
    assert answer.status_code == status


def test_words_of_a_stranger_are_shown_as_text(stranger: httpx.Client) -> None:
    answer = enter(stranger, name='"><script>alert(1)</script>', next='/"><script>')
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\/evil.example", "/a\r\nb: c", "", "evil",
     "javascript:alert(1)", "/sign-in?next=/", "/" + "a" * 501, "/a b", " /a", "/\tevil"],
)  # fmt: skip
def test_after_signing_in_nobody_is_led_elsewhere(path: str) -> None:
    assert local_path(path) == "/"


def test_the_cookie_of_one_session_ends_with_the_next_sign_in(site: Site, stranger: httpx.Client) -> None:
    first = cookie_of(enter(stranger))
    second = cookie_of(enter(stranger))
    for cookie, status in ((first, 401), (second, 200)):
        assert httpx.get(f"{site.url}/", headers={"cookie": cookie}).status_code == status


def test_behind_tls_cookies_are_secure_and_tied_to_the_host(
    counting_store: CountingStore, home: Path
) -> None:
    add_account(home)
    with (
        serving(home, counting_store, dashboard_url="https://dashboard.example") as site,
        httpx.Client(base_url=site.url) as client,
    ):
        answer = client.post(
            "/sign-in",
            data={"name": NAME, "password": FOUR_WORDS},
            headers={"origin": "https://dashboard.example"},
        )
        session, device = sorted(answer.headers.get_list("set-cookie"))
        assert session.startswith("__Host-wellstream-session=")
        for cookie in (session, device):
            assert {"secure", "httponly"} <= {part.strip().lower() for part in cookie.split(";")}


def test_wrong_passwords_wait_and_a_browser_that_is_known_does_not(fresh: Site) -> None:
    with httpx.Client(base_url=fresh.url) as owner, httpx.Client(base_url=fresh.url) as guesser:
        assert enter(owner).status_code == 303
        owner.cookies.delete("wellstream-session")
        for _ in range(5):
            assert enter(guesser, "not the right password").status_code == 403
        for password in (FOUR_WORDS, "not the right password"):
            locked = enter(guesser, password)
            assert locked.status_code == 429
            assert "Too many wrong tries. Try again in" in locked.text
            assert 0 < int(locked.headers["retry-after"]) <= 30
        assert enter(owner).status_code == 303
        fresh.accounts.set_password(NAME, "five other little words here", now())
        assert enter(guesser, "five other little words here").status_code == 303


def test_names_that_do_not_exist_wait_alike_and_take_as_long(fresh: Site) -> None:
    statuses, seconds = {}, {}
    with httpx.Client(base_url=fresh.url) as client:
        for name in (NAME, "nobody"):
            answers, begun = [], time.perf_counter()
            for _ in range(5):
                answers.append(enter(client, "not the right password", name=name))
            seconds[name] = time.perf_counter() - begun
            answers.append(enter(client, "not the right password", name=name))
            statuses[name] = [(one.status_code, one.text.replace(name, "")) for one in answers[:5]]
            assert answers[5].status_code == 429
    assert statuses[NAME] == statuses["nobody"]
    assert max(seconds.values()) < 4 * min(seconds.values())


ODD_HEADERS = [
    b"Host: [", b"Host: ", b"Host: a b", b"Host: \xff", b"Origin: http://[", b"Referer: http://[",
    b"Cookie: \xff=\xfe;;=",
    b"Cookie: wellstream-session=\xff\x00", b"X-Forwarded-For: ,,,x", b"Accept: \xff",
    b"Sec-Fetch-Site: \xff",
    b"Content-Length: x", b"Content-Type: \xff",
]  # fmt: skip


@pytest.mark.parametrize("header", ODD_HEADERS)
@pytest.mark.parametrize(
    "start", [b"GET / ", b"GET /sign-in ", b"POST /sign-in ", b"GET /%ff%00?%ff ", b"GET //x "]
)
def test_no_header_makes_the_door_fail(site: Site, start: bytes, header: bytes) -> None:
    host = b"" if header.startswith(b"Host") else b"Host: x\r\n"
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as connection:
        lines = b"HTTP/1.1\r\n" + host + b"Accept: text/html\r\nConnection: close\r\n" + header + b"\r\n\r\n"
        connection.sendall(start + lines)
        status = int(connection.recv(4096).split()[1])
    assert status < 500


def test_a_form_that_never_ends_is_given_up(site: Site) -> None:
    kind = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
        connection.sendall(b"POST /sign-in HTTP/1.1\r\nHost: x\r\n" + kind + b"\r\nname=")
        assert connection.recv(4096).split()[1] == b"400"


def test_behind_a_proxy_that_changes_the_host_the_public_address_is_ours(
    counting_store: CountingStore, home: Path
) -> None:
    add_account(home)
    with serving(home, counting_store, dashboard_url="http://dashboard.example") as site:
        with httpx.Client(base_url=site.url, headers={"origin": "http://dashboard.example"}) as client:
            cookie = cookie_of(enter(client))
        with stream_of(site, cookie, "http://dashboard.example") as stream:
            ask_for_a_page(stream)
            assert ForwardMsg.FromString(stream.recv(decode=False)).WhichOneof("type") == "new_session"


def stream_of(site: Site, cookie: str, origin: str) -> ClientConnection:
    """What a page opens."""
    address = site.url.replace("http", "ws") + "/_stcore/stream"
    headers = {"cookie": cookie} if cookie else {}
    protocols = [Subprotocol("streamlit")]
    return connect(address, additional_headers=headers, origin=Origin(origin), subprotocols=protocols)


def heard(stream: ClientConnection) -> list[ForwardMsg]:
    """All that comes until the end."""
    found = []
    with suppress(ConnectionClosedError):
        while True:
            found.append(ForwardMsg.FromString(stream.recv(decode=False)))
    return found


def ask_for_a_page(stream: ClientConnection) -> None:
    wanted = BackMsg()
    wanted.rerun_script.query_string = ""
    with suppress(ConnectionClosedError):
        stream.send(wanted.SerializeToString())


@pytest.mark.parametrize("cookie", ["", "wellstream-session=made-up", "wellstream-session="])
def test_a_stranger_can_open_no_page_over_the_stream(site: Site, cookie: str) -> None:
    asked = site.store.asked
    with stream_of(site, cookie, site.url) as stream:
        ask_for_a_page(stream)
        said = heard(stream)
    assert [one.WhichOneof("type") for one in said] == ["auth_redirect"]
    assert said[0].auth_redirect.url == "/sign-in?ended=1"
    assert site.store.asked == asked


def test_a_page_of_another_site_cannot_use_the_stream_of_who_is_signed_in(site: Site) -> None:
    with httpx.Client(base_url=site.url) as client:
        cookie = cookie_of(enter(client))
    with stream_of(site, cookie, site.url) as stream:
        ask_for_a_page(stream)
        assert ForwardMsg.FromString(stream.recv(decode=False)).WhichOneof("type") == "new_session"
    for origin in ("https://evil.example", "http://localhost:3000", "null"):
        with pytest.raises(InvalidStatus) as refused, stream_of(site, cookie, origin):
            pass
        assert refused.value.response.status_code == 403


def test_after_the_end_of_a_session_nothing_of_an_open_stream_reaches_a_page(site: Site) -> None:
    site.accounts.add("leaving", FOUR_WORDS, Role.RESEARCHER, now())
    with httpx.Client(base_url=site.url) as client:
        cookie = cookie_of(enter(client, name="leaving"))
    with stream_of(site, cookie, site.url) as stream:
        site.accounts.remove("leaving")
        asked = site.store.asked
        ask_for_a_page(stream)
        said = heard(stream)
        assert [one.WhichOneof("type") for one in said] == ["auth_redirect"]
        assert stream.close_code == 1008
    assert site.store.asked == asked
