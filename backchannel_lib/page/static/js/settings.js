// @ts-check
// How long things take, and how large they may be.

export const DEBOUNCE_MS = 300; // after the last move, until speech and plotly's own state follow
export const TIMEOUT_MS = 6000; // without an answer, until the reader is told
export const LATE_MS = 1000; // without an answer, until the reader is told that what is shown may be outdated
export const STAGE_TIMEOUT_MS = 3000; // the same in front of a room, which must be told sooner
export const NOTICE_MS = 12000; // until a notice goes away, so that it covers nothing for long
export const WAKE_TICK_MS = 3000; // between two looks whether time has jumped, as on a computer that slept
export const SLEEP_MS = 15000; // between two looks, so that it counts as sleep
export const TICK_MS = 250; // between two updates of the clock
export const DRIFT_S = 1.5; // by which the clocks of two windows may differ before one follows the other
export const CLOCK_SAVE_S = 5; // between two messages about how much time the clock has left
export const POLL_MS = 1000; // between two questions for votes that come from elsewhere
export const MOST_FILE_BYTES = 4_000_000; // of a file that is opened: more than any table, case or session has
