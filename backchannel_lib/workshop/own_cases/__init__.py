"""Cases of your own for a room: one table on this machine, and a form that edits it."""
