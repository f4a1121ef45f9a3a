"""Votes from the room's own phones: a small server of its own, off until a facilitator opens it.

`store` keeps rounds and counts in one file, `ballots` tells phones apart without knowing whose they are, `server` serves the
vote and nothing else in its own process, and `process` starts and stops it.
"""
