// @ts-check
// The reader's saved files, which Python writes, stored in this browser and nowhere else.

const PREFIX = "backchannel-saved/";

/** The files, in the browser's storage or, if that isn't available, in memory. */
export function savedFiles() {
  /** @type {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length"> | null} */
  let storage = null;
  try {
    storage = localStorage;
    storage.getItem(PREFIX); // some browsers have it but deny access
  } catch {
    storage = null;
  }
  const names = () => {
    const keys = [];
    for (let at = 0; storage && at < storage.length; at += 1) keys.push(storage.key(at) ?? "");
    return keys.filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
  };
  return {
    /** @returns {Record<string, string>} */
    all: () => Object.fromEntries(names().map((name) => [name, storage?.getItem(PREFIX + name) ?? ""])),
    /** @param {Record<string, string | null>} changed null for a file that was deleted */
    keep: (changed) => {
      for (const [name, content] of Object.entries(changed)) {
        try {
          if (content === null) storage?.removeItem(PREFIX + name);
          else storage?.setItem(PREFIX + name, content);
        } catch {
          console.warn(`${name} is kept only until this page is closed: the browser has no room for it.`);
        }
      }
    },
    clear: () => names().forEach((name) => storage?.removeItem(PREFIX + name)),
    /** @param {(changed: Record<string, string | null>) => void} callback called when another tab saves or deletes a file */
    onChange: (callback) => addEventListener("storage", ({ key, newValue }) => {
      if (key?.startsWith(PREFIX)) callback({ [key.slice(PREFIX.length)]: newValue });
    }),
  };
}
