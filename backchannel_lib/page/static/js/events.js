// @ts-check
// The reader's input: controls, buttons, files and keys.

/** @import { Value } from "./messages.js" */
/** @import { Store } from "./store.js" */
/** @import { ClockAction } from "./timer.js" */
import { contentOf } from "./files.js";
import { DEBOUNCE_MS, POLL_MS } from "./settings.js";
import { fieldOf, focusOn } from "./view.js";

const COUNTS = ".bw-votes .bw-number"; // the boxes for counting hands
/** @type {Element | undefined} */
let lastUsed; // the panel of this page that a reader used last

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
 * Return the intended key, in lower case. A Latin letter counts as typed, whatever the keyboard layout. For other letters
 * (Cyrillic, Greek), and for digits that need Shift (French), the key's position on an American keyboard counts.
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
 * @param {boolean} options.onStage whether keys work anywhere on the page
 */
export function listen(root, { store, view, timer, onStage }) {
  // Stored here because reading it from the page would force a layout before the answer.
  const answer = root.querySelector(".bw-answer");
  let scrolled = false;
  for (const kind of ["click", "input"]) root.addEventListener(kind, () => (lastUsed = root));
  answer?.addEventListener("scroll", () => (scrolled = answer.scrollTop > 0));

  /**
   * @param {string} field
   * @param {Value} value
   */
  function change(field, value) {
    const prefetched = store.prefetchedAnswer(field, value);
    if (prefetched) view.paintPrefetched(prefetched);
    if (answer && scrolled) answer.scrollTop = 0; // the answer to this move must be visible
    view.expectChange();
    store.set(field, value);
  }

  /** @type {{ target: HTMLInputElement, timer: ReturnType<typeof setTimeout>, send: () => void } | null} */
  let writing = null; // a text that the reader is typing, sent at the next pause
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
    if (!field || (target.type === "text" && !whileTyping)) return; // a typed number counts once it is complete
    if (whileTyping) {
      if (writing?.target !== target) sendWriting();
      if (writing) clearTimeout(writing.timer);
      writing = { target, timer: setTimeout(sendWriting, DEBOUNCE_MS), send: () => change(field, target.value) };
      return;
    }
    if (target.type === "range") /** @type {HTMLInputElement} */ (target.nextElementSibling).value = target.value;
    change(field, valueOf(target));
  });

  /** @type {HTMLInputElement | null} */
  let leaving = null; // a control whose value has just been sent
  let valueAtFocus = "";

  root.addEventListener("change", async (event) => {
    const target = /** @type {HTMLInputElement} */ (event.target);
    const field = fieldOf(target);
    if (target === leaving) return;
    if (target.matches("[data-load]")) {
      const file = target.files?.[0];
      target.value = ""; // so that the reader can choose the same file again
      // A file that the browser can't read gets the same answer as an empty one.
      if (file) store.actAfterQueue({ type: "load", value: await contentOf(file).catch(() => "") });
    } else if (target.matches("[data-exam]")) {
      store.act({ type: "exam", value: target.value });
    } else if ("sendsWhileTyping" in target.dataset) {
      sendWriting();
    } else if (field && target.type === "text") {
      change(field, target.value);
    }
  });

  // Typing replaces a count instead of adding to it. A click selects it, because Firefox puts the caret where the mouse went
  // down after it has moved the focus. A second click leaves the caret where it is.
  /** @type {EventTarget | null} */
  let entered = null; // the box that this click moves the focus to
  root.addEventListener("pointerdown", ({ target }) => (entered = target === document.activeElement ? null : target));

  root.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target === entered && target.matches(COUNTS)) /** @type {HTMLInputElement} */ (target).select();
    const selector = "button[data-action], button[data-clock-action], button[data-reload], button[data-page-action], button[data-go]";
    const button = /** @type {HTMLElement | null} */ (target.closest(selector));
    if (!button) return;
    sendWriting(); // a button acts on what is on screen
    const { action = "", clockAction, value = "" } = button.dataset;
    if (action && action !== "undo") count = null; // whatever comes next is counted from its first box
    if ("reload" in button.dataset) return location.reload();
    if (button.dataset.go) return view.lead(button.dataset.go);
    if (button.dataset.pageAction) return view.takeAway(button);
    if (clockAction) return timer.act(/** @type {ClockAction} */ (clockAction));
    if ("once" in button.dataset && store.pending) return; // an accidental second press, before the next step is on screen
    if (action === "restore") {
      store.actAfterQueue({ type: "load", value, restored: true });
      focusOn(root.querySelector("h2")); // the button disappears
    } else {
      if (!/^(undo|reset|save)$/.test(action)) view.expectChange();
      store.actAfterQueue({ type: action, value });
    }
  });

  root.addEventListener("focusin", (event) => {
    const target = /** @type {HTMLInputElement} */ (event.target);
    const field = fieldOf(target);
    if (field) store.activate(field);
    valueAtFocus = target.value;
    if (target.matches(COUNTS)) count = target;
    if (target.closest(".bw-number-box")) target.select(); // typing replaces the number instead of adding to it
  });

  root.addEventListener("submit", (event) => event.preventDefault());

  /** @type {Element | null} */
  let count = null; // the last box used to count hands

  /**
   * Put a digit into the box for counting hands that is in use, or else into the first one.
   * @param {KeyboardEvent} event
   * @param {string} digit
   * @returns {boolean} whether there are such boxes
   */
  function countHands(event, digit) {
    const counts = [...root.querySelectorAll(COUNTS)].filter((one) => one.checkVisibility());
    if (!counts.length) return false;
    event.preventDefault();
    focusOn(count && counts.includes(count) ? count : counts[0]);
    document.execCommand("insertText", false, digit); // like typing, it replaces the selection
    return true;
  }

  /**
   * Move the focus out of a control. What was typed there counts, although Firefox doesn't report digits from `countHands`.
   * @param {HTMLInputElement} target
   * @param {Element} place
   */
  function leave(target, place) {
    if (target.type === "text" && target.value !== valueAtFocus) target.dispatchEvent(new Event("change", { bubbles: true }));
    leaving = target;
    focusOn(place);
    leaving = null;
  }

  /** Return whether the key for undo belongs to this panel: the one that was used last, or the last one on the page. */
  function undoes() {
    const panels = [...document.querySelectorAll(".bw")].filter((one) => one.checkVisibility());
    return root === (panels.find((one) => one === lastUsed) ?? panels.at(-1));
  }

  // A button's key presses it wherever the focus is, except in a control, which handles its own keys.
  /** @param {KeyboardEvent} event */
  function press(event) {
    const { key } = event;
    const name = keyName(event);
    const target = /** @type {HTMLInputElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented || target.closest?.("dialog")) return;
    const clicker = onStage && /^Page(Up|Down)$/.test(key); // a clicker works no matter what has the focus
    // A box for counting hands takes only digits, so letters and arrows still control the session from there.
    const counting = onStage && target.matches?.(COUNTS) && /^([a-z]|Arrow(Left|Right))$/i.test(key);
    if (!clicker && !counting && target.closest?.("input, select, textarea")) {
      const counts = [...root.querySelectorAll(COUNTS)];
      const next = key === "Enter" && counts.includes(target) ? counts[counts.indexOf(target) + 1] : undefined;
      // Ways to leave a control: Escape from any, and Enter from a number box. The focus moves at once, so that what was typed
      // counts before the next key.
      const out = key === "Escape" || (key === "Enter" && target.type === "text");
      const leaves = out && root.contains(target) && root.querySelector("[data-key]");
      const place = next ?? (leaves ? root.querySelector("h3, h2") : null); // from one verdict to the next
      if (!place) return;
      event.preventDefault();
      leave(target, place);
      return;
    }
    if (onStage && name === "u" && !undoes()) return; // the presenter's window has several
    if (onStage && /^[0-9]$/.test(name) && countHands(event, name)) return;
    const places = onStage ? [root, ...document.querySelectorAll(".stage-pages")] : [root]; // including the stage's own bar
    const buttons = /** @type {HTMLButtonElement[]} */ (places.flatMap((one) => [...one.querySelectorAll("button[data-key]")]));
    const keys = (/** @type {HTMLElement} */ one) => (one.dataset.key ?? "").toLowerCase().split(" ");
    const named = buttons.find((one) => !one.disabled && keys(one).includes(name) && one.checkVisibility());
    if (!named) return;
    event.preventDefault();
    if (counting) target.blur(); // its number is complete
    named.click();
  }

  /** @param {KeyboardEvent} event */
  const pressAnywhere = (event) => {
    if (root.checkVisibility()) press(event);
  };
  if (onStage) document.addEventListener("keydown", pressAnywhere);
  // JupyterLab uses arrow and letter keys for its own commands unless they stop here:
  // https://github.com/jupyterlab/lumino/issues/497 is also the reason for data-lm-suppress-shortcuts on the inputs.
  else root.addEventListener("keydown", (event) => {
    press(event);
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  });

  // Votes from phones arrive without any action on this page, so it polls for them during a vote.
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
