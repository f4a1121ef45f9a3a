// @ts-check
// The page: displays the store's contents, moves the focus, and shows messages. It has no rules and no texts.

/** @import { FileRecord, PrefetchedAnswer, ShowMessage, Value } from "./messages.js" */
/** @import { Store } from "./store.js" */
import { DEBOUNCE_MS, NOTICE_MS } from "./settings.js";
import { copied, createPrinted } from "./sheet.js";

/** @param {Element} input */
export const fieldOf = (input) => /** @type {HTMLElement | null} */ (input.closest("[data-field]"))?.dataset.field;

/** @param {Element | null | undefined} place */
export function focusOn(place) {
  if (!(place instanceof HTMLElement)) return;
  if (!place.matches("button, input, select, textarea, summary")) place.tabIndex = -1;
  place.focus();
  // Typing replaces a count instead of adding to it. Firefox would put the caret before the zero.
  if (place instanceof HTMLInputElement && place.matches(".bw-votes .bw-number")) place.select();
}

/**
 * @param {HTMLElement} root
 * @param {object} options
 * @param {string} options.id makes ids unique among all views
 * @param {Store} options.store
 * @param {ReturnType<import("./charts.js").createCharts>} options.charts
 * @param {() => string} options.lateText the message while an answer is late
 * @param {() => string} options.restoreText the message when earlier input can be restored
 * @param {() => string} options.notSavedText the message when the browser doesn't let a page save a file
 * @param {() => boolean} options.restoreAtOnce whether to restore it without asking
 */
export function createView(root, { id, store, charts, lateText, restoreText, notSavedText, restoreAtOnce }) {
  /** @type {(selector: string) => HTMLElement | null} */
  const find = (selector) => root.querySelector(selector);
  /** @type {(selector: string, within?: Element) => HTMLElement[]} */
  const all = (selector, within = root) => [.../** @type {NodeListOf<HTMLElement>} */ (within.querySelectorAll(selector))];
  /** @type {(within: Element) => HTMLInputElement[]} */
  const inputsIn = (within) => [...within.querySelectorAll("input, select, textarea")].map((one) => /** @type {any} */ (one));

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let speaking;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let fading;

  const printed = createPrinted();
  const sheet = find("[data-fragment=sheet]");
  if (sheet) printed.update(sheet);

  // ---- fragments ----

  /**
   * @param {string} fragment
   * @param {number} number of its content
   */
  function paint(fragment, number) {
    const content = store.toPaint(fragment, number);
    if (content === undefined) return;
    const [kind, chart] = fragment.split(".");
    if (fragment === "live_text") speak(content);
    else if (kind === "alt_text") find(`[data-chart="${chart}"]`)?.setAttribute("aria-label", content);
    else if (kind === "base_figure") charts.setFigure(chart, content);
    else {
      const place = find(`[data-fragment="${fragment}"]`);
      if (!place) return; // pages don't need a place for every fragment
      fill(place, content);
      if (fragment === "sheet") printed.update(place);
      // The style sheet could use :has() instead, but that would slow down every move.
      if ("hides" in place.dataset) place.parentElement?.toggleAttribute("data-blank", !content);
    }
  }

  /** @param {PrefetchedAnswer} answer */
  function paintPrefetched([fragments, marks]) {
    for (const [fragment, number] of Object.entries(fragments)) paint(fragment, number);
    for (const [chart, marker] of Object.entries(marks)) charts.moveMarker(chart, marker);
  }

  /**
   * @param {HTMLElement} place
   * @param {string} content
   */
  function fill(place, content) {
    const open = new Set(all("details[open]", place).map((one) => one.dataset.details));
    const focused = document.activeElement;
    const selector = focused instanceof HTMLElement && place.contains(focused) ? selectorOf(focused) : null;
    place.innerHTML = content.replaceAll("§", id);
    for (const one of all("details[data-details]", place)) /** @type {HTMLDetailsElement} */ (one).open = open.has(one.dataset.details);
    if ("rows" in place.dataset) {
      // Rows were added or removed; their values and fragments come separately.
      setValues(valuesIn(place));
      for (const one of all("[data-fragment]", place)) store.paintAgain(one.dataset.fragment ?? "");
    }
    if (selector === null) return;
    // The focused element is gone: move the focus to its replacement, or else to its section's heading, instead of the
    // top of the page.
    const again = selector ? /** @type {HTMLButtonElement | null} */ (place.querySelector(selector)) : null;
    // If a button is now disabled, as at the end of a list, focus its row, so that another press does nothing.
    if (again) focusOn(again.disabled ? again.parentElement : again);
    else focusOn(place.closest("section")?.querySelector("h2") ?? place);
  }

  /** @param {Element} place */
  function valuesIn(place) {
    const fields = all("[data-field]", place).map((one) => one.dataset.field ?? "");
    return Object.fromEntries(fields.filter((field) => field in store.values).map((field) => [field, store.values[field]]));
  }

  /**
   * Return a selector that finds an element again after its fragment is replaced; blank if there is none.
   * @param {HTMLElement} element
   */
  function selectorOf(element) {
    const input = /** @type {HTMLInputElement} */ (element);
    const attribute = "value" in element.dataset ? "data-value" : "value";
    const value = element.dataset.value ?? input.value;
    const withValue = value === undefined ? "" : `[${attribute}="${CSS.escape(value)}"]`;
    if (element.dataset.action) return `[data-action="${element.dataset.action}"]${"value" in element.dataset ? withValue : ""}`;
    if (element.matches("summary")) return `details[data-details="${element.parentElement?.dataset.details}"] > summary`;
    const field = fieldOf(element);
    if (!field) return "";
    return `[data-field="${field}"] ${element.localName}${/radio|checkbox/.test(input.type) ? withValue : ""}`;
  }

  /**
   * Open what is folded away. Only the reader closes it.
   * @param {Element | null | undefined} fold
   * @param {boolean} needed
   */
  function unfold(fold, needed = true) {
    if (fold && needed) /** @type {HTMLDetailsElement} */ (fold).open = true;
  }

  /** @param {string} target a fragment or a field */
  function goTo(target) {
    const place = find(`[data-fragment="${target}"]`) ?? find(`[data-field="${target}"] :is(input, select, textarea)`);
    const summary = place?.closest("summary");
    if (!summary) unfold(place?.closest("details"));
    focusOn(summary ?? place);
    place?.scrollIntoView({ block: "nearest" });
  }

  /**
   * Scroll to another part of the page and focus it.
   * @param {string} part "controls", or a fragment
   */
  function lead(part) {
    const place = part === "controls" ? find(".bw-controls") : find(`[data-fragment="${part}"]`)?.closest("section");
    focusOn(part === "controls" ? place?.querySelector("[data-field]:not([hidden]) :is(input, select)") : place?.querySelector("h2, h3"));
    place?.scrollIntoView({ block: "start" });
  }

  // ---- messages ----

  /** @param {string} text */
  function speak(text) {
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      const place = find("[data-live-text]");
      if (place) place.textContent = text;
    }, DEBOUNCE_MS);
  }

  /** @param {string} text */
  function notice(text) {
    clearTimeout(fading);
    const place = find("[data-notice]");
    if (place) place.textContent = text;
    for (const one of all("[data-action=restore], [data-reload]")) one.hidden = true;
    root.toggleAttribute("data-noticed", !!text);
    if (text && !store.disconnected) fading = setTimeout(() => find("[data-action=restore]")?.hidden && notice(""), NOTICE_MS);
  }

  /**
   * Show or hide the message that the page may be outdated while an answer is late.
   * @param {boolean} late
   */
  function tellLate(late) {
    root.toggleAttribute("data-late", late);
    const current = find("[data-notice]")?.textContent ?? "";
    if (late && !current) notice(lateText());
    else if (!late && current === lateText()) notice("");
  }

  /** @param {string} saved the earlier input, as JSON */
  function offerToRestore(saved) {
    notice(restoreText());
    const button = find("[data-action=restore]");
    if (!button) return;
    button.hidden = false;
    button.dataset.value = saved;
  }

  // ---- controls ----

  /** @param {Record<string, string>} errors */
  function showErrors(errors) {
    for (const place of all("[data-field]")) {
      const sentence = errors[place.dataset.field ?? ""];
      const slot = /** @type {HTMLElement | null} */ (place.querySelector(".bw-error"));
      if (slot) {
        slot.hidden = !sentence;
        slot.textContent = sentence ?? "";
      }
      for (const input of inputsIn(place)) {
        if (sentence) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
      }
    }
  }

  /** @type {string[]} */
  let idle = ["undo", "reset"]; // those that would change nothing, as Python last said

  /** @param {string[]} actions of the buttons to disable; the others are enabled */
  function disable(actions) {
    for (const button of /** @type {HTMLButtonElement[]} */ (all("[data-action=undo], [data-action=reset]"))) {
      const focused = button === document.activeElement;
      button.disabled = actions.includes(button.dataset.action ?? "");
      if (focused && button.disabled) focusOn(button.parentElement); // so that the focus doesn't go back to the top of the page
    }
  }

  /** @param {Record<string, [number, number]>} ends lowest and highest position, by field */
  function setEnds(ends) {
    for (const [field, [low, high]] of Object.entries(ends)) {
      const slider = /** @type {HTMLInputElement | null} */ (find(`[data-field="${field}"] [type=range]`));
      if (slider) Object.assign(slider, { min: String(low), max: String(high) });
    }
  }

  /**
   * @param {Record<string, Value>} values
   * @param {string | null} except a field whose control is ahead of the answer
   * @param {boolean} mine whether the reader did this; if not, input that the reader is typing stays
   */
  function setValues(values, except = null, mine = true) {
    for (const [field, value] of Object.entries(values)) {
      const place = find(`[data-field="${field}"]`);
      if (!place || field === except) continue;
      const unknown = value === "unknown";
      if (place.querySelector("[data-is-unknown]")) place.toggleAttribute("data-unknown", unknown);
      const many = place.matches(".bw-checks") ? new Set(String(value).split("|")) : null;
      for (const input of inputsIn(place)) {
        const typed = "sendsWhileTyping" in input.dataset || (input.type === "text" && !mine);
        if (typed && input === document.activeElement) continue; // the reader is typing in it
        if ("isUnknown" in input.dataset) input.checked = unknown;
        else if (many) input.checked = many.has(input.value);
        else if (input.type === "radio") input.checked = input.value === String(value);
        else if (input.type === "checkbox") input.checked = value === true;
        else if (unknown && input.localName === "input") continue; // the number of an unknown field is hidden
        else input.value = String(value ?? "");
      }
    }
  }

  /**
   * Print or copy the visible sheet, once it shows what was entered last.
   * @param {HTMLElement} button
   */
  async function takeAway(button) {
    while (store.pending || root.hasAttribute("data-more")) await new Promise((done) => setTimeout(done, 25));
    if (store.lost.size) return; // Python is gone, as the page says, and the sheet is older than the last change
    if (button.dataset.pageAction === "print") return print();
    const text = /** @type {HTMLTextAreaElement | null} */ (find("[data-sheet-text]"));
    if (text) notice((await copied(text)) ? button.dataset.done ?? "" : button.dataset.failed ?? "");
  }

  /** @param {FileRecord} file */
  function download({ name, text }) {
    try {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    } catch {
      notice(notSavedText());
    }
  }

  // ---- an answer ----

  /** @param {ShowMessage} message */
  function show(message) {
    const slept = store.disconnected;
    const { shown, here, mine, saved, typing } = store.receive(message);
    if (saved && restoreAtOnce()) store.act({ type: "load", value: saved, restored: true });
    else if (saved) offerToRestore(saved);
    // A notice goes to the view that asked, even if the rest of the answer has to be requested again.
    if (here && message.notice) notice(message.notice);
    else if (slept && shown && !saved) notice("");
    if (here && message.file) download(message.file);
    if (!shown) return { shown, mine };
    if (message.shown) {
      const shown = new Set(message.shown);
      for (const place of all("[data-field]")) place.hidden = !shown.has(place.dataset.field ?? "");
    }
    if (message.open) {
      for (const place of all("[data-open]")) place.hidden = !message.open.includes(place.dataset.open ?? "");
      for (const fold of all("details[data-fold]")) unfold(fold, message.open.includes(fold.dataset.fold ?? ""));
      charts.fit(); // a hidden chart couldn't be drawn
    }
    if (message.errors) showErrors(message.errors);
    idle = message.idle ?? idle;
    if (message.idle || mine) disable(idle);
    if (message.ends) setEnds(message.ends);
    if ("exam" in message) {
      for (const box of all("[data-exam]").map((one) => /** @type {HTMLInputElement} */ (one))) box.checked = box.value === message.exam;
    }
    if (message.hello) root.dataset.ready = "true";
    if (message.values) setValues(message.values, typing, mine);
    if (mine) store.sendQueued();
    // During a move, the prefetched answer stays on screen until its own answer arrives.
    const ahead = store.paintedAhead();
    for (const [fragment, number] of Object.entries(store.fragments)) if (!ahead.has(fragment)) paint(fragment, number);
    if (!ahead.size) charts.moveMarkers();
    return { shown, mine };
  }

  return {
    show,
    paintPrefetched,
    notice,
    tellLate,
    goTo,
    lead,
    takeAway,
    // The reader can undo a change before its answer arrives.
    expectChange: () => disable([]),
    dispose: () => {
      printed.dispose();
      clearTimeout(fading);
      clearTimeout(speaking);
    },
  };
}
