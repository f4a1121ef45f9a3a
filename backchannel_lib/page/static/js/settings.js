// @ts-check
// Durations and size limits.

export const DEBOUNCE_MS = 300; // a pause this long ends a move or typing
export const TIMEOUT_MS = 6000; // how long to wait for an answer before telling the reader
export const LATE_MS = 1000; // how long to wait before saying that the page may be outdated
export const STAGE_TIMEOUT_MS = 3000; // TIMEOUT_MS in front of a room, where the presenter has to know sooner
export const NOTICE_MS = 12000; // how long a notice stays; it shouldn't cover anything for long
export const WAKE_TICK_MS = 3000; // between checks for a jump in time, as when a computer slept
export const SLEEP_MS = 15000; // a gap this long between checks counts as sleep
export const TICK_MS = 250; // between updates of the clock
export const DRIFT_S = 1.5; // how far two windows' clocks can differ before one follows the other
export const CLOCK_SAVE_S = 5; // between reports of the remaining time
export const POLL_MS = 1000; // between polls for votes from phones
export const MOST_FILE_BYTES = 4_000_000; // the largest file that a reader can open, more than any table, case or session needs
