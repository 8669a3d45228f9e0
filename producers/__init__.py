"""Where check-ins come from: the gateway (SMS and web form), the sender of replies, and the simulator."""
