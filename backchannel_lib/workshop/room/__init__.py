"""A room's server: the pages for the projector and the presenter, sharing one session."""
