"""The dashboard's process: Streamlit behind its door."""

import logging
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from dashboard.theme import STREAMLIT_THEME
from schemas.settings import Settings

_APP = Path(__file__).with_name("app.py")
_MOST_BYTES_SAID = 4 * 1024 * 1024
_SECONDS_TO_STOP = 3


def options(settings: Settings) -> Mapping[str, str | bool]:
    """Streamlit's options: our theme, no usage statistics, and nothing of the code is shown."""
    return {
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.enableCORS": True,
        "server.enableXsrfProtection": True,
        "browser.gatherUsageStats": False,
        # Else Streamlit asks the internet for its own address where a proxy changes `Host`.
        "browser.serverAddress": urlsplit(settings.dashboard_url).hostname or "",
        "logger.level": "warning",
        "logger.hideWelcomeMessage": True,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        **STREAMLIT_THEME,
    }


def serve_dashboard(settings: Settings) -> None:
    """Run the dashboard until it is told to stop.

    Raises:
        OpenDashboard: Signing in is switched off where others could reach the dashboard.
        MissingSetting: A setting for the OpenID Connect provider is missing.
    """
    import streamlit
    import uvicorn
    from starlette.middleware import Middleware
    from streamlit.web import bootstrap

    from dashboard.sign_in.door import Door
    from dashboard.sign_in.entrance import entrance

    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    logging.getLogger("dashboard.sign_in").setLevel(logging.INFO)
    door = Middleware(Door, entrance=entrance())
    bootstrap.load_config_options(dict(options(settings)))
    app = streamlit.App(_APP, middleware=[door])
    uvicorn.run(
        app,
        host=settings.dashboard_host,
        port=settings.dashboard_port,
        ws="websockets-sansio",
        ws_max_size=_MOST_BYTES_SAID,
        # The door believes the proxies that the settings name, and no others.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=_SECONDS_TO_STOP,
    )
