"""The command that starts the dashboard."""

import sys
from pathlib import Path

from dashboard.theme import STREAMLIT_THEME
from schemas.settings import Settings

_APP = Path(__file__).with_name("app.py")


def command(settings: Settings) -> list[str]:
    """The argv that runs Streamlit headless, in our theme, without usage statistics."""
    options = {
        "server.headless": "true",
        "server.address": settings.dashboard_host,
        "server.port": str(settings.dashboard_port),
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "logger.level": "warning",
        "logger.hideWelcomeMessage": "true",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        **STREAMLIT_THEME,
    }
    return [
        sys.executable, "-m", "streamlit", "run", str(_APP),
        *(f"--{name}={value}" for name, value in options.items()),
    ]  # fmt: skip
