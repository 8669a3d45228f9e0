"""Where check-ins come from and texts go out: gateway, forms, SMS, vault, imports, simulator."""
