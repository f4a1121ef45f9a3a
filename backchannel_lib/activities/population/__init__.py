"""Six hundred simulated files under every kind of call."""
