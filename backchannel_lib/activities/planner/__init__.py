"""The planner: which two or three people should approach which three to five programs, and what each person has to know."""
