"""`wellstream dashboard-user`: who may sign in to the dashboard."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.clock import now
from wellstream.cli.errors import report_errors
from wellstream.cli.output import err, out, print_table
from wellstream.local.state import adopt_running

if TYPE_CHECKING:
    from dashboard.sign_in.accounts import AccountFile

app = typer.Typer(
    name="dashboard-user", help="Accounts with which people sign in to the dashboard.", no_args_is_help=True
)
_Name = Annotated[str, typer.Argument(help="Whose it is, such as `ann` or `ann@hospital.example`.")]
_LONGEST = 4096


class NoPassword(ValueError):
    """No password was given, or two different ones."""


def _file() -> AccountFile:
    from dashboard.sign_in.accounts import AccountFile

    return AccountFile(adopt_running().dashboard_users_path)


def _password(name: str) -> str:
    """Ask for a new password twice without showing it, or take the first line of standard input."""
    if sys.stdin.isatty():
        password = getpass(f"Password for {name}: ")
        if getpass("Once more: ") != password:
            raise NoPassword("the two passwords differ; nothing was changed")
    else:
        try:
            password = sys.stdin.readline(_LONGEST).rstrip("\r\n")
            password.encode()  # where the locale is not UTF-8, bytes that are no text pass until here
        except UnicodeError:
            raise NoPassword("the password on standard input is not text in UTF-8") from None
        except OSError:
            raise NoPassword("standard input cannot be read; give the password as its first line") from None
    if not password:
        raise NoPassword("no password was given; type it, or give it as the first line of standard input")
    return password


@app.command()
def add(name: _Name) -> None:
    """Make an account. The password is asked for and not shown, or is the first line of standard input.

    It needs 12 to 128 characters. The dashboard knows the account at once; no restart is needed. With
    docker-compose run `docker compose exec dashboard wellstream dashboard-user add NAME`.

    Examples: `wellstream dashboard-user add ann` · `wellstream dashboard-user add ann < password.txt`
    """
    from dashboard.sign_in.accounts import Account, Role

    def make() -> Account:
        file = _file()
        file.check_new(name)
        return file.add(name, _password(name), Role.RESEARCHER, now())

    made = report_errors(make)
    out.print(f"{made.name} can sign in to the dashboard now.", highlight=False, soft_wrap=True)


@app.command()
def password(name: _Name) -> None:
    """Set a new password, which signs the person out everywhere and ends waits after wrong ones.

    Examples: `wellstream dashboard-user password ann` · `wellstream dashboard-user password ann < new.txt`
    """

    def change() -> None:
        file = _file()
        file.check(name)
        file.set_password(name, _password(name), now())

    report_errors(change)
    out.print(
        f"{name.strip().lower()} has a new password and is signed out.", highlight=False, soft_wrap=True
    )


@app.command("list")
def list_() -> None:
    """Show the accounts, without their passwords.

    Example: `wellstream dashboard-user list`
    """
    found = report_errors(lambda: _file().read().accounts)
    if not found:
        err.print("There is no account yet: `wellstream dashboard-user add NAME` makes one.", soft_wrap=True)
    print_table(
        ("name", "role", "made at", "password set at"),
        ((one.name, str(one.role), one.made_at, one.password_at) for one in found),
    )


@app.command()
def remove(name: _Name) -> None:
    """Remove an account, which signs the person out everywhere.

    Example: `wellstream dashboard-user remove ann`
    """
    report_errors(lambda: _file().remove(name))
    out.print(f"{name.strip().lower()} can no longer sign in.", highlight=False, soft_wrap=True)
