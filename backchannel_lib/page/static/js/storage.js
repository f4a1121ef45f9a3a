// @ts-check
// What was entered, kept for this tab: in the browser's storage where it may be used, or else in memory.

/** @type {any} */
const here = globalThis; // each widget is sent a script of its own, so that only the page is common to all of them
/** @type {Map<string, string>} */
const memory = (here.backchannelMemory ??= new Map()); // for as long as the page stays open

/**
 * A browser may refuse its storage, even to name it, or be out of space; a panel must work all the same.
 * @param {() => Pick<Storage, "getItem" | "setItem">} find gives the browser's storage; may throw
 * @returns {Pick<Storage, "getItem" | "setItem">}
 */
export function guardedStorage(find) {
  return {
    getItem(key) {
      const kept = memory.get(key); // newer than what could not be replaced
      if (kept !== undefined) return kept;
      try {
        return find().getItem(key);
      } catch {
        return null;
      }
    },
    setItem(key, value) {
      try {
        find().setItem(key, value);
        memory.delete(key);
      } catch {
        memory.set(key, value);
      }
    },
  };
}
