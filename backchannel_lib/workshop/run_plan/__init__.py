"""The minute-by-minute plan of a workshop."""
