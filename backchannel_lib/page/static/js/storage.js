// @ts-check
// The reader's input in this tab, in the browser's storage if available, or else in memory.

/** @type {any} */
const here = globalThis; // each widget has its own copy of this script, so they share only the page
/** @type {Map<string, string>} what the browser's storage doesn't have, or not yet */
const memory = (here.backchannelMemory ??= new Map()); // for as long as the page stays open

/**
 * Return storage that works even if the browser denies access to its own (which can throw) or is out of space.
 * @param {() => Pick<Storage, "getItem" | "setItem">} find returns the browser's storage; may throw
 * @returns {Pick<Storage, "getItem" | "setItem">}
 */
export function guardedStorage(find) {
  /** @type {Set<string>} */
  const waiting = new Set(); // keys to write soon

  /** @param {string} key */
  function write(key) {
    waiting.delete(key);
    try {
      find().setItem(key, memory.get(key) ?? "");
      memory.delete(key);
    } catch {
      // memory keeps it
    }
  }

  return {
    getItem(key) {
      const kept = memory.get(key); // newer than the stored value
      if (kept !== undefined) return kept;
      try {
        return find().getItem(key);
      } catch {
        return null;
      }
    },
    setItem(key, value) {
      memory.set(key, value);
      if (waiting.has(key)) return;
      waiting.add(key);
      setTimeout(() => write(key)); // this takes a millisecond, so the answer goes on screen first
    },
  };
}
