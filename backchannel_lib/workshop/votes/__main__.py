"""Start the vote server: ``python -m backchannel_lib.workshop.votes``."""

from __future__ import annotations

import sys

from backchannel_lib.workshop.votes.server import main

if __name__ == "__main__":
    sys.exit(main())
