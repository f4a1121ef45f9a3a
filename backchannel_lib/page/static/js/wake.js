// @ts-check
// A page that was hidden, or on a computer that slept, has to ask Python what happened meanwhile.

import { SLEEP_MS, WAKE_TICK_MS } from "./settings.js";

/**
 * Call a function whenever the page becomes visible again, or time has jumped.
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
