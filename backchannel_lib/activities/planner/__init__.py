"""The planner: which two or three people approach which three to five programs each, and what each of them has to know."""
