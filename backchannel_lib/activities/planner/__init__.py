"""The planner: who should contact which program."""
