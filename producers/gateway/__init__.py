"""The HTTP gateway, in the one process that owns the vault.

`server` runs it: `app` is the public app with the routes of `sms_webhook` and `form_routes`, `admin_api` the
one for the worker and for enrolment. `intake` publishes each event once. Around both stand `middleware`,
`rate_limits` and `audit_log`.
"""

__all__ = [
    "admin_api",
    "app",
    "audit_log",
    "form_routes",
    "intake",
    "middleware",
    "rate_limits",
    "server",
    "sms_webhook",
]
