"""A round of the workshop: its state, its HTML and its activity."""
