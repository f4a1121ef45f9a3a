"""`python -m backchannel_lib.cli` does the same as `backchannel`."""

import sys

from backchannel_lib.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
