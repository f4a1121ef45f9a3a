"""Votes from the room's own phones: a small server of its own, off until a facilitator opens it.

`store` keeps rounds and counts in one file, `ballots` tells one phone from another without knowing whose it is, `server`
serves the vote and nothing else as a process of its own, and `process` starts and ends it.
"""
