// @ts-check
// Durations and size limits.

export const DEBOUNCE_MS = 300; // after the last move, until speech and Plotly's own state follow
export const TIMEOUT_MS = 6000; // without an answer, until we tell the reader
export const LATE_MS = 1000; // without an answer, until we say that the page may be outdated
export const STAGE_TIMEOUT_MS = 3000; // the same in front of a room, where the presenter has to know sooner
export const NOTICE_MS = 12000; // until a notice disappears, so that it covers nothing for long
export const WAKE_TICK_MS = 3000; // between two checks for a jump in time, as when a computer slept
export const SLEEP_MS = 15000; // between two checks that counts as sleep
export const TICK_MS = 250; // between two updates of the clock
export const DRIFT_S = 1.5; // by which two windows' clocks can differ before one follows the other
export const CLOCK_SAVE_S = 5; // between two reports of the clock's remaining time
export const POLL_MS = 1000; // between two polls for votes from phones
export const MOST_FILE_BYTES = 4_000_000; // in a file that a reader opens: more than any table, case or session needs
