"""Programs that handle signals, however the tests themselves were started."""

from __future__ import annotations

#: A background job ignores Ctrl+C, and one under nohup ignores the end of its terminal. Their child processes inherit that.
#: With ``python -c HEEDS_SIGNALS`` before its arguments, Python handles both.
HEEDS_SIGNALS = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); signal.signal(signal.SIGHUP, signal.SIG_DFL); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
