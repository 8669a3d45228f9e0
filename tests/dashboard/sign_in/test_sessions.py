"""When a session ends."""

from datetime import UTC, datetime, timedelta

from dashboard.sign_in.accounts import Role
from dashboard.sign_in.sessions import Sessions, Visitor

IDLE = timedelta(minutes=30)
ANN = Visitor("ann", Role.RESEARCHER, "her password's stamp")


class Given:
    """Sessions whose clock and accounts the test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 8, tzinfo=UTC)
        self.gone: set[Visitor] = set()
        self.sessions = Sessions(IDLE, lambda visitor: visitor not in self.gone, lambda: self.now)


def test_a_session_ends_when_it_was_idle() -> None:
    given = Given()
    token = given.sessions.begin(ANN)
    given.now += IDLE - timedelta(seconds=1)
    assert given.sessions.visitor(token) == ANN
    given.now += timedelta(seconds=1)
    assert given.sessions.visitor(token) is None
    given.now -= IDLE
    assert given.sessions.visitor(token) is None, "what has ended does not come back"


def test_looking_alone_does_not_keep_a_session_and_doing_something_does() -> None:
    given = Given()
    kept, watched = given.sessions.begin(ANN), given.sessions.begin(ANN)
    for _ in range(4):
        given.now += timedelta(minutes=10)
        given.sessions.touch(kept)
        given.sessions.visitor(watched)
    assert given.sessions.visitor(kept) == ANN
    assert given.sessions.visitor(watched) is None


def test_no_session_lasts_longer_than_twelve_hours() -> None:
    given = Given()
    token = given.sessions.begin(ANN)
    for _ in range(12 * 6 - 1):
        given.now += timedelta(minutes=10)
        given.sessions.touch(token)
        assert given.sessions.visitor(token) == ANN
    given.now += timedelta(minutes=10)
    assert given.sessions.visitor(token) is None


def test_a_session_ends_with_its_account_and_when_it_is_ended() -> None:
    given = Given()
    first, second = given.sessions.begin(ANN), given.sessions.begin(ANN)
    given.sessions.end(first)
    given.sessions.touch(first)
    assert given.sessions.visitor(first) is None
    assert given.sessions.visitor(second) == ANN
    given.gone.add(ANN)
    assert given.sessions.visitor(second) is None


def test_what_is_no_token_is_nobody() -> None:
    given = Given()
    token = given.sessions.begin(ANN)
    for other in (
        "",
        token[:-1],
        token + "x",
        token.swapcase(),
        "\udcff".encode("latin-1", "replace").decode(),
    ):
        assert given.sessions.visitor(other) is None


def test_of_more_than_a_thousand_sessions_the_one_that_was_idle_for_longest_ends() -> None:
    given = Given()
    tokens = [given.sessions.begin(ANN) for _ in range(1000)]
    given.sessions.touch(tokens[0])
    given.sessions.begin(ANN)
    assert given.sessions.visitor(tokens[0]) == ANN
    assert given.sessions.visitor(tokens[1]) is None
