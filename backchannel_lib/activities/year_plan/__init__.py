"""A dated plan for the year after the Match."""
