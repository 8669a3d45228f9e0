"""The HTTP gateway: the public app, the admin API, and the middleware, limits and audit log around both."""
