// @ts-check
// What the reader does on the page: moves, buttons, files and keys.

/** @import { Value } from "./messages.js" */
/** @import { Store } from "./store.js" */
/** @import { ClockAction } from "./timer.js" */
import { contentOf } from "./files.js";
import { DEBOUNCE_MS, POLL_MS } from "./settings.js";
import { fieldOf, focusOn } from "./view.js";

const COUNTS = ".bw-votes .bw-number"; // the boxes for counts of hands

/** @param {HTMLInputElement} input */
function valueOf(input) {
  if ("isUnknown" in input.dataset) return input.checked ? "unknown" : "known";
  const place = input.closest("[data-field]");
  if (place?.matches(".bw-checks")) {
    return [...place.querySelectorAll(":checked")].map((one) => /** @type {HTMLInputElement} */ (one).value).join("|");
  }
  return input.type === "checkbox" ? input.checked : input.value;
}

/**
 * The key that is meant, in lower case. A letter that is on the keyboard counts as it is, wherever it is; where letters are
 * others (Cyrillic, Greek) or digits need Shift (French), the place of the key counts, as if it were an American keyboard.
 * @param {Pick<KeyboardEvent, "key" | "code" | "shiftKey">} event
 */
export function keyName({ key, code, shiftKey }) {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter && !/^[\x20-\x7e]$/.test(key)) return letter.toLowerCase();
  const digit = /^Digit([0-9])$/.exec(code)?.[1];
  return digit && !shiftKey ? digit : key.toLowerCase();
}

/**
 * @param {HTMLElement} root
 * @param {object} options
 * @param {Store} options.store
 * @param {ReturnType<import("./view.js").createView>} options.view
 * @param {ReturnType<import("./timer.js").createTimer>} options.timer
 * @param {boolean} options.onStage keys are pressed anywhere on the page
 */
export function listen(root, { store, view, timer, onStage }) {
  // Kept here because to ask the page would make it lay itself out before it answers.
  const answer = root.querySelector(".bw-answer");
  let scrolled = false;
  answer?.addEventListener("scroll", () => (scrolled = answer.scrollTop > 0));

  /**
   * @param {string} field
   * @param {Value} value
   */
  function change(field, value) {
    const prefetched = store.prefetchedAnswer(field, value);
    if (prefetched) view.paintPrefetched(prefetched);
    if (answer && scrolled) answer.scrollTop = 0; // what answers this move must be in sight
    store.set(field, value);
  }

  /** @type {{ target: HTMLInputElement, timer: ReturnType<typeof setTimeout>, send: () => void } | null} */
  let writing = null; // a text that is being written, and is sent when the writer pauses
  function sendWriting() {
    if (!writing) return;
    clearTimeout(writing.timer);
    writing.send();
    writing = null;
  }

  root.addEventListener("input", (event) => {
    const target = /** @type {HTMLInputElement} */ (event.target);
    const field = fieldOf(target);
    const whileTyping = "sendsWhileTyping" in target.dataset;
    if (!field || (target.type === "text" && !whileTyping)) return; // a typed number counts when it is complete
    if (whileTyping) {
      if (writing?.target !== target) sendWriting();
      if (writing) clearTimeout(writing.timer);
      writing = { target, timer: setTimeout(sendWriting, DEBOUNCE_MS), send: () => change(field, target.value) };
      return;
    }
    if (target.type === "range") /** @type {HTMLInputElement} */ (target.nextElementSibling).value = target.value;
    change(field, valueOf(target));
  });

  root.addEventListener("change", async (event) => {
    const target = /** @type {HTMLInputElement} */ (event.target);
    const field = fieldOf(target);
    if (target.matches("[data-load]")) {
      const file = target.files?.[0];
      target.value = ""; // so that the same file can be chosen again
      // A file that the browser cannot read is answered like one that holds nothing.
      if (file) store.actAfterQueue({ type: "load", value: await contentOf(file).catch(() => "") });
    } else if (target.matches("[data-exam]")) {
      store.act({ type: "exam", value: target.value });
    } else if ("sendsWhileTyping" in target.dataset) {
      sendWriting();
    } else if (field && target.type === "text") {
      change(field, target.value);
    }
  });

  root.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const selector = "button[data-action], button[data-clock-action], button[data-reload], button[data-page-action], button[data-go]";
    const button = /** @type {HTMLElement | null} */ (target.closest(selector));
    if (!button) return;
    sendWriting(); // what a button does is done to what is on screen
    const { action = "", clockAction, value = "" } = button.dataset;
    if ("reload" in button.dataset) return location.reload();
    if (button.dataset.go) return view.lead(button.dataset.go);
    if (button.dataset.pageAction) return view.takeAway(button);
    if (clockAction) return timer.act(/** @type {ClockAction} */ (clockAction));
    if ("once" in button.dataset && store.pending) return; // pressed twice by accident: what comes next has not been seen yet
    if (action === "restore") {
      store.actAfterQueue({ type: "load", value, restored: true });
      focusOn(root.querySelector("h2")); // the button goes away
    } else store.actAfterQueue({ type: action, value });
  });

  root.addEventListener("focusin", (event) => {
    const target = /** @type {HTMLInputElement} */ (event.target);
    const field = fieldOf(target);
    if (field) store.activate(field);
    if (target.matches(COUNTS)) count = target;
    if (target.closest(".bw-number-box")) target.select(); // a count is typed anew, not after the one that is there
  });

  root.addEventListener("submit", (event) => event.preventDefault());

  /** @type {Element | null} */
  let count = null; // the box in which hands were counted last

  /**
   * A digit counts hands: it goes into the box that is in use, or else into the first.
   * @param {KeyboardEvent} event
   * @param {string} digit
   * @returns {boolean} whether there are such boxes
   */
  function countHands(event, digit) {
    const counts = [...root.querySelectorAll(COUNTS)].filter((one) => one.checkVisibility());
    if (!counts.length) return false;
    event.preventDefault();
    focusOn(count && counts.includes(count) ? count : counts[0]);
    document.execCommand("insertText", false, digit); // as if it were typed there; it replaces what is selected
    return true;
  }

  // A key that is printed on a button presses it, wherever the focus is, except in a control: there it is the control's own.
  /** @param {KeyboardEvent} event */
  function press(event) {
    const { key } = event;
    const name = keyName(event);
    const target = /** @type {HTMLInputElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented || target.closest?.("dialog")) return;
    const clicker = onStage && /^Page(Up|Down)$/.test(key); // a clicker turns the page, whatever has the focus
    if (!clicker && target.closest?.("input, select, textarea")) {
      const counts = [...root.querySelectorAll(COUNTS)];
      const next = key === "Enter" ? counts[counts.indexOf(target) + 1] : undefined;
      if (counts.includes(target) && next) return setTimeout(() => focusOn(next)); // from one verdict to the next
      // The ways out of a control: Escape from any, and Enter from a box in which a number was typed.
      const out = key === "Escape" || (key === "Enter" && target.type === "text");
      if (out && root.contains(target) && root.querySelector("[data-key]")) setTimeout(() => focusOn(root.querySelector("h3, h2")));
      return;
    }
    if (onStage && /^[0-9]$/.test(name) && countHands(event, name)) return;
    const places = onStage ? [root, ...document.querySelectorAll(".stage-pages")] : [root]; // the stage's own bar counts too
    const buttons = /** @type {HTMLButtonElement[]} */ (places.flatMap((one) => [...one.querySelectorAll("button[data-key]")]));
    const keys = (/** @type {HTMLElement} */ one) => (one.dataset.key ?? "").toLowerCase().split(" ");
    const named = buttons.find((one) => !one.disabled && keys(one).includes(name) && one.checkVisibility());
    if (!named) return;
    event.preventDefault();
    named.click();
  }

  /** @param {KeyboardEvent} event */
  const pressAnywhere = (event) => {
    if (root.checkVisibility()) press(event);
  };
  if (onStage) document.addEventListener("keydown", pressAnywhere);
  // Lab takes arrow and letter keys for its own commands unless they end here:
  // https://github.com/jupyterlab/lumino/issues/497 is the reason for data-lm-suppress-shortcuts on the inputs as well.
  else root.addEventListener("keydown", (event) => {
    press(event);
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });

  // Votes from phones come without anyone at this page doing anything, so it asks for them while they are wanted.
  const votes = root.querySelector("[data-poll]");
  const polling = votes ? setInterval(() => {
    if (!store.pending && !store.disconnected && !document.hidden && votes.checkVisibility()) store.send({ type: "poll" });
  }, POLL_MS) : undefined;

  return {
    dispose: () => {
      if (writing) clearTimeout(writing.timer);
      clearInterval(polling);
      document.removeEventListener("keydown", pressAnywhere);
    },
  };
}
