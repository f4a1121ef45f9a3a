"""Votes from the room's own phones: a small, separate server, off until a facilitator opens it.

`store` keeps rounds and counts in one file, `ballots` recognizes phones without identifying their owners, `server` serves only
the vote, in its own process, and `process` starts and stops that process.
"""
