"""Programs that heed signals, however the tests themselves were started."""

from __future__ import annotations

#: A job in the background ignores Ctrl+C, and one under nohup the end of its terminal, and so do the programs they start.
#: With ``python -c HEEDS_SIGNALS`` before its arguments, Python heeds both.
HEEDS_SIGNALS = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); signal.signal(signal.SIGHUP, signal.SIG_DFL); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
