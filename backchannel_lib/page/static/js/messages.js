// @ts-check
// The messages between the page and Python. backchannel_lib/activities/messages.py describes each of them; this file
// mirrors its records for type checks, and a test compares the two.

/** @typedef {string | number | boolean | null} Value */

// ---- from the page to Python ----

/**
 * @typedef {object} HelloMessage
 * @property {"hello"} type
 * @property {number} [seq]
 * @property {string} [view]
 * @property {number} [number]
 * @property {boolean} [everything]
 */
/**
 * @typedef {object} RefreshMessage
 * @property {"refresh"} type
 * @property {number} [seq]
 * @property {string} [view]
 * @property {number} [number]
 * @property {boolean} [everything]
 */
/**
 * @typedef {object} SetMessage
 * @property {"set"} type
 * @property {string} field
 * @property {Value} value
 * @property {number} [seq]
 * @property {string} [view]
 * @property {number} [number]
 * @property {boolean} [everything]
 */
/**
 * @typedef {object} PrefetchMessage
 * @property {"prefetch"} type
 * @property {string} field
 * @property {number} [prefetch_version]
 * @property {number} [seq]
 * @property {string} [view]
 * @property {number} [number]
 * @property {boolean} [everything]
 */
/**
 * @typedef {object} UndoMessage
 * @property {"undo"} type
 * @property {number} [seq]
 * @property {string} [view]
 * @property {number} [number]
 * @property {boolean} [everything]
 */
/**
 * @typedef {object} ResetMessage
 * @property {"reset"} type
 * @property {number} [seq]
 * @property {string} [view]
 * @property {number} [number]
 * @property {boolean} [everything]
 */
/**
 * @typedef {object} SaveMessage
 * @property {"save"} type
 * @property {number} [seq]
 * @property {string} [view]
 * @property {number} [number]
 * @property {boolean} [everything]
 */
/**
 * @typedef {object} LoadMessage
 * @property {"load"} type
 * @property {string} value
 * @property {boolean} [restored]
 * @property {number} [seq]
 * @property {string} [view]
 * @property {number} [number]
 * @property {boolean} [everything]
 */
/**
 * @typedef {object} ClockMessage
 * @property {"clock_left"} type
 * @property {string} value
 * @property {number} left
 * @property {boolean} [paused]
 * @property {number} [seq]
 * @property {string} [view]
 * @property {number} [number]
 * @property {boolean} [everything]
 */
/**
 * @typedef {object} ActionMessage
 * @property {string} type
 * @property {string} [value]
 * @property {number} [seq]
 * @property {string} [view]
 * @property {number} [number]
 * @property {boolean} [everything]
 */
/**
 * @typedef {object} PlotlyMessage
 * @property {"plotly"} type
 * @property {number} [seq]
 * @property {string} [view]
 * @property {number} [number]
 * @property {boolean} [everything]
 */
/**
 * @typedef {HelloMessage | RefreshMessage | SetMessage | PrefetchMessage | UndoMessage | ResetMessage | SaveMessage
 *   | LoadMessage | ClockMessage | ActionMessage | PlotlyMessage} FromPage
 */

// ---- from Python to the page ----

/**
 * @typedef {object} FileRecord
 * @property {string} name
 * @property {string} text
 */
/**
 * @typedef {object} ClockRecord
 * @property {string} id
 * @property {number} seconds
 * @property {number} [left]
 * @property {boolean} run
 * @property {boolean} [paused]
 */
/**
 * @typedef {object} ActionResult
 * @property {string} [notice]
 * @property {string} [focus]
 * @property {Record<string, Value>} [values]
 * @property {FileRecord} [file]
 */
/** @typedef {[number | string, number | string]} Marker */
/**
 * @typedef {object} ShowMessage
 * @property {"show"} type
 * @property {number} [number]
 * @property {boolean} [more]
 * @property {Record<string, string>} [contents]
 * @property {Record<string, number>} [fragments]
 * @property {Record<string, Value>} [values]
 * @property {Record<string, string>} [errors]
 * @property {Record<string, Marker>} [marks]
 * @property {string[]} [shown]
 * @property {string[]} [open]
 * @property {string[]} [idle]
 * @property {Record<string, [number, number]>} [ends]
 * @property {string | null} [exam]
 * @property {ClockRecord} [clock]
 * @property {boolean} [forget]
 * @property {boolean} [hello]
 * @property {string} [notice]
 * @property {string} [focus]
 * @property {FileRecord} [file]
 * @property {number} [seq]
 * @property {string} [view]
 */
/** @typedef {[Record<string, number>, Record<string, Marker>]} PrefetchedAnswer */
/**
 * @typedef {object} PrefetchedMessage
 * @property {"prefetched"} type
 * @property {number} [number]
 * @property {string} field
 * @property {Record<string, PrefetchedAnswer>} at
 * @property {Record<string, string>} contents
 * @property {string | null} view
 * @property {number | null} prefetch_version
 */

export {};
