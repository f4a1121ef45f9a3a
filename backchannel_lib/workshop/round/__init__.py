"""One round of the workshop: its state, its HTML and the activity."""
