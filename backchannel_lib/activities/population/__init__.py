"""Six hundred made-up files under every kind of call."""
