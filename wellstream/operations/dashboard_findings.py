"""What `wellstream doctor` finds about signing in to the dashboard."""

from collections.abc import Iterator

from dashboard.sign_in.accounts import AccountError, AccountFile
from dashboard.sign_in.entrance import Entrance
from dashboard.sign_in.policy import OpenDashboard
from schemas.settings import MissingSetting, Settings
from wellstream.operations.findings import Finding

_ADD = "`wellstream dashboard-user add NAME` makes an account"


def dashboard_findings(settings: Settings) -> Iterator[Finding]:
    """Whether somebody can sign in, and with what."""
    try:
        entrance, accounts = Entrance(settings), AccountFile(settings.dashboard_users_path).read().accounts
    except (OpenDashboard, MissingSetting, AccountError) as error:
        yield Finding(False, str(error), "mend it; docs/running.md says who is asked, and how")
        return
    if not entrance.asks:
        yield Finding(True, "the dashboard asks nobody to sign in, and only this machine reaches it")
        return
    if entrance.provider:
        said = f"people sign in to the dashboard with {entrance.provider.name}"
        yield Finding(True, said, f"open {settings.dashboard_url} and sign in to try it", tried=False)
    elif not accounts:
        yield Finding(False, "nobody can sign in to the dashboard: there is no account", _ADD)
    if accounts:
        names = ", ".join(one.name for one in accounts[:10]) + (", ..." if len(accounts) > 10 else "")
        yield Finding(True, f"with a password, {names} can sign in to the dashboard")
