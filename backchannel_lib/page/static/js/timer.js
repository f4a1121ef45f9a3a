// @ts-check
// The clock of an activity: the time that is left, its buttons, and word to Python on how far it is.

/** @import { ClockRecord } from "./messages.js" */
import { CLOCK_SAVE_S, TICK_MS } from "./settings.js";

/** @typedef {"pause" | "go" | "off" | "on"} ClockAction */

/**
 * @param {HTMLElement} root
 * @param {object} options
 * @param {boolean} options.onStage the clock of a page that is out of sight stops
 * @param {(id: string, left: number) => void} options.save
 * @param {(id: string) => void} options.timeUp
 */
export function createTimer(root, { onStage, save, timeUp }) {
  const dial = /** @type {HTMLElement | null} */ (root.querySelector("[data-clock]"));
  /** @type {{ id: string, seconds: number, left: number } | null} */
  let clock = null;
  let paused = true;

  /** @param {ClockRecord} record */
  function start({ id, seconds, left, run }) {
    if (clock?.id === id) {
      if (!run && !paused) act("pause", false); // the answer is on screen, or the file is closed: time stands still
      return;
    }
    clock = { id, seconds, left: left ?? seconds };
    paused = !run || dial?.dataset.clock === "off";
    draw();
  }

  /** What is left of the time stays as it is. */
  function stop() {
    paused = true;
    draw();
  }

  // A session that is saved has to know how far the clock was.
  function saveLeft() {
    if (clock && dial && "savesClock" in dial.dataset) save(clock.id, Math.ceil(clock.left));
  }

  /**
   * @param {ClockAction} action
   * @param {boolean} focus whether the focus goes to the button that takes it back
   */
  function act(action, focus = true) {
    if (dial && (action === "off" || action === "on")) dial.dataset.clock = action;
    paused = action === "pause" || action === "off";
    draw();
    saveLeft();
    const opposite = { pause: "go", go: "pause", off: "on", on: "off" }[action];
    const button = /** @type {HTMLElement | null} */ (root.querySelector(`[data-clock-action="${opposite}"]`));
    if (focus) button?.focus();
  }

  function draw() {
    const face = /** @type {HTMLElement | null} */ (root.querySelector("[data-clock-face]"));
    if (!dial || !clock || !face) return;
    const off = dial.dataset.clock === "off";
    const left = Math.ceil(clock.left);
    const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (face.textContent !== text) face.textContent = text;
    face.hidden = off;
    dial.style.setProperty("--bw-left", String(clock.left / clock.seconds));
    const hidden = { pause: off || paused, go: off || !paused, off, on: !off };
    for (const one of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-clock-action]"))) {
      one.hidden = hidden[/** @type {ClockAction} */ (one.dataset.clockAction)] || (!clock.left && !off);
    }
  }

  function tick() {
    if (!clock || paused || document.hidden || !clock.left || (onStage && !root.checkVisibility())) return; // nobody sees it
    const before = clock.left;
    clock.left = Math.max(0, before - TICK_MS / 1000);
    draw();
    if (Math.ceil(before / CLOCK_SAVE_S) !== Math.ceil(clock.left / CLOCK_SAVE_S)) saveLeft();
    if (!clock.left) timeUp(clock.id);
  }

  const ticking = dial ? setInterval(tick, TICK_MS) : undefined;
  return { start, stop, act, dispose: () => clearInterval(ticking) };
}
