// @ts-check
// An activity's clock: the remaining time, its buttons, and reports to Python. All views of an activity on a page share one
// clock, so pausing it in one view pauses it in all.

/** @import { ClockRecord } from "./messages.js" */
import { CLOCK_SAVE_S, DRIFT_S, TICK_MS } from "./settings.js";

/** @typedef {"pause" | "go" | "off" | "on"} ClockAction */

/**
 * @typedef {object} ClockView the clock's callbacks in one view
 * @property {() => boolean} visible
 * @property {() => void} draw
 * @property {(id: string, left: number, paused: boolean) => void} save
 * @property {(id: string) => void} timeUp
 */

/** One clock in any number of views, without the DOM. */
export class Clock {
  id = "";
  seconds = 0;
  left = 0;
  paused = true;
  off = false; // whether the reader turned it off
  /** @type {Set<ClockView>} */
  views = new Set();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;

  /** @param {ClockView} view */
  add(view) {
    this.views.add(view);
    this.#ticking ??= setInterval(() => this.tick(), TICK_MS);
  }

  /** @param {ClockView} view */
  remove(view) {
    this.views.delete(view);
    if (this.views.size) return;
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  /** @param {ClockRecord} record */
  start({ id, seconds, left, run, paused }) {
    if (this.id === id && paused !== undefined) {
      this.paused = !run || this.off; // another window may have paused or started it
      if (left !== undefined && Math.abs(left - this.left) > DRIFT_S) this.left = left;
      this.draw();
      return;
    }
    if (this.id === id) {
      if (!run && !this.paused) this.act("pause"); // the answer is on screen or the file is closed, so time stops
      else this.draw(); // for a view that has just opened
      return;
    }
    Object.assign(this, { id, seconds, left: left ?? seconds, paused: !run || this.off });
    this.draw();
  }

  /** Stop ticking and keep the remaining time. */
  stop() {
    this.paused = true;
    this.draw();
  }

  /** @param {ClockAction} action */
  act(action) {
    if (action === "off" || action === "on") this.off = action === "off";
    this.paused = action === "pause" || action === "off";
    this.draw();
    this.#save();
  }

  draw() {
    for (const view of this.views) view.draw();
  }

  /** Report the remaining time, which saved sessions need. */
  #save() {
    const [view] = this.views;
    if (this.id) view?.save(this.id, Math.ceil(this.left), this.paused);
  }

  tick() {
    const view = [...this.views].find((one) => one.visible());
    if (!view || !this.id || this.paused || !this.left) return;
    const before = this.left;
    this.left = Math.max(0, before - TICK_MS / 1000);
    this.draw();
    if (Math.ceil(before / CLOCK_SAVE_S) !== Math.ceil(this.left / CLOCK_SAVE_S)) this.#save();
    if (!this.left) view.timeUp(this.id);
  }
}

/** @type {Map<string, Clock>} */
const clocks = new Map(); // by activity

/**
 * @param {HTMLElement} root
 * @param {object} options
 * @param {string} options.activity an id that all views of an activity share
 * @param {boolean} options.onStage whether the clock pauses while its page is hidden
 * @param {(id: string, left: number, paused: boolean) => void} options.save
 * @param {(id: string) => void} options.timeUp
 */
export function createTimer(root, { activity, onStage, save, timeUp }) {
  const dial = /** @type {HTMLElement | null} */ (root.querySelector("[data-clock]"));
  const clock = clocks.get(activity) ?? new Clock();
  clocks.set(activity, clock);

  /**
   * @param {ClockAction} action
   * @param {boolean} focus whether to focus the button that reverses the action
   */
  function act(action, focus = true) {
    clock.act(action);
    const opposite = { pause: "go", go: "pause", off: "on", on: "off" }[action];
    const button = /** @type {HTMLElement | null} */ (root.querySelector(`[data-clock-action="${opposite}"]`));
    if (focus) button?.focus();
  }

  function draw() {
    const face = /** @type {HTMLElement | null} */ (root.querySelector("[data-clock-face]"));
    if (!dial || !clock.id || !face) return;
    const { off, paused, seconds } = clock;
    dial.dataset.clock = off ? "off" : "on";
    const left = Math.ceil(clock.left);
    const text = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (face.textContent !== text) face.textContent = text;
    face.hidden = off;
    dial.style.setProperty("--bw-left", String(clock.left / seconds));
    const hidden = { pause: off || paused, go: off || !paused, off, on: !off };
    for (const one of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-clock-action]"))) {
      one.hidden = hidden[/** @type {ClockAction} */ (one.dataset.clockAction)] || (!clock.left && !off);
    }
  }

  const view = {
    draw,
    timeUp,
    visible: () => !document.hidden && (!onStage || root.checkVisibility()),
    /** @type {(id: string, left: number, paused: boolean) => void} */
    save: (id, left, paused) => {
      if (dial && "savesClock" in dial.dataset) save(id, left, paused);
    },
  };
  if (dial) {
    if (dial.dataset.clock === "off") clock.off = true;
    clock.add(view);
  }
  return {
    act,
    start: (/** @type {ClockRecord} */ record) => clock.start(record),
    stop: () => clock.stop(),
    dispose: () => clock.remove(view),
  };
}
