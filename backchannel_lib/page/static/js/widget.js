// @ts-check
// One view of a widget, in anywidget's form: connects the store, the page, the charts and the clock.

/** @import { FromPage, PrefetchedMessage, ShowMessage } from "./messages.js" */
import { createCharts } from "./charts.js";
import { listen } from "./events.js";
import { place } from "./placement.js";
import { LATE_MS, STAGE_TIMEOUT_MS, TIMEOUT_MS } from "./settings.js";
import { guardedStorage } from "./storage.js";
import { Store } from "./store.js";
import { createTimer } from "./timer.js";
import { createView } from "./view.js";
import { watchForSleep } from "./wake.js";

/**
 * @typedef {object} Model the part of anywidget's model that we use
 * @property {(name: string) => any} get
 * @property {(message: FromPage) => void} send
 * @property {(event: "msg:custom", callback: (message: any, buffers: DataView[]) => void) => void} on
 * @property {(event: "msg:custom", callback: (message: any, buffers: DataView[]) => void) => void} off
 */

/** @param {{ model: Model, el: HTMLElement }} context */
export function render({ model, el }) {
  const id = `bw${Math.random().toString(36).slice(2)}-`; // of this view, among all views of the widget
  el.innerHTML = model.get("html").replaceAll("§", id);
  const root = /** @type {HTMLElement} */ (el.firstElementChild);
  const onStage = document.body.matches("[data-stage], [data-role]"); // in front of a room, or in the presenter's window

  const store = new Store({
    view: id,
    send: (message) => model.send(message),
    timeout: model.get("answer_timeout") ?? (onStage ? STAGE_TIMEOUT_MS : TIMEOUT_MS),
    late: LATE_MS,
    prefetch: () => model.get("prefetch"),
    storage: guardedStorage(() => sessionStorage),
    storageKey: model.get("storage_key"),
    onAction: (seq, byReader) => {
      if (byReader && !store.disconnected) view.notice("");
      root.dataset.pending = String(seq); // tells scripts that drive the page that an answer is pending
    },
    onAnswered: () => delete root.dataset.pending,
    onMore: (waiting) => root.toggleAttribute("data-more", waiting), // the same for the rest of an answer
    onLate: (late) => view.tellLate(late),
    onDisconnected: () => {
      delete root.dataset.pending;
      timer.stop();
      view.notice(model.get("disconnected_text"));
      const reload = /** @type {HTMLElement | null} */ (root.querySelector("[data-reload]"));
      if (!reload || !onStage) return;
      reload.hidden = false;
      reload.focus();
    },
  });
  const charts = createCharts(root, () => store.marks, () => getPlotly());
  const texts = {
    lateText: () => model.get("late_text") ?? "",
    restoreText: () => model.get("restore_text"),
    notSavedText: () => model.get("not_saved_text"),
    // If every page starts its own Python, restore the input automatically, unless there is already new input.
    restoreAtOnce: () => model.get("restore_at_once") === true && store.seq === 0,
  };
  const view = createView(root, { id, store, charts, ...texts });
  const timer = createTimer(root, {
    activity: model.get("activity_id"),
    onStage,
    save: (clock, left, paused) => store.send({ type: "clock_left", value: clock, left, paused }),
    timeUp: (clock) => store.act({ type: "time_up", value: clock }),
  });
  const events = listen(root, { store, view, timer, onStage });
  // In front of a room, check whether Python is still running without waiting for a key press.
  const wake = onStage ? watchForSleep(() => {
    if (root.checkVisibility() && !store.pending) store.act({ type: "refresh" });
  }) : { dispose: () => {} };

  /** @param {ShowMessage} message */
  function show(message) {
    const { shown, mine } = view.show(message);
    if (!shown) return;
    if (message.clock) timer.start(message.clock);
    if (message.focus && mine) view.goTo(message.focus);
    if (message.forget) charts.askAgain();
  }

  function getPlotly() {
    const address = model.get("plotly_url"); // the site's policy forbids scripts that arrive as text
    if (address) charts.loadPlotlyFrom(address);
    else store.ask({ type: "plotly" });
  }

  /**
   * @param {ShowMessage | PrefetchedMessage | { type: "plotly" }} message
   * @param {DataView[]} buffers
   */
  function receive(message, buffers) {
    if (message.type === "show") show(message);
    else if (message.type === "prefetched") store.receivePrefetched(message);
    else if (message.type === "plotly") charts.loadPlotly(buffers);
  }
  model.on("msg:custom", receive);

  const placement = place(root, charts);
  store.send({ type: "hello" });
  charts.watch();

  return () => {
    model.off("msg:custom", receive);
    for (const part of [store, view, timer, events, wake, placement, charts]) part.dispose();
  };
}

export default { render };
