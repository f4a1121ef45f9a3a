// @ts-check
// After a page was hidden or its computer slept, it has to ask Python what it missed.

import { SLEEP_MS, WAKE_TICK_MS } from "./settings.js";

/**
 * Call a function whenever the page becomes visible again or the clock jumps.
 * @param {() => void} onWake
 * @param {Pick<Document, "hidden" | "addEventListener" | "removeEventListener">} page
 */
export function watchForSleep(onWake, page = document) {
  let last = Date.now();
  const tick = () => {
    const jumped = Date.now() - last > SLEEP_MS;
    last = Date.now();
    if (jumped && !page.hidden) onWake();
  };
  const seen = () => {
    last = Date.now();
    if (!page.hidden) onWake();
  };
  const ticking = setInterval(tick, WAKE_TICK_MS);
  page.addEventListener("visibilitychange", seen);
  return {
    dispose: () => {
      clearInterval(ticking);
      page.removeEventListener("visibilitychange", seen);
    },
  };
}
