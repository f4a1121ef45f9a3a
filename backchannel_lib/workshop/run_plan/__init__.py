"""The minute-by-minute plan for a workshop."""
