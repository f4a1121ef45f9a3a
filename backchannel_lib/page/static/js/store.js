// @ts-check
// What one view of a widget knows, without any DOM: the contents that Python sent, what is on screen, changes that wait
// for their turn, prefetched answers, and what was entered, for a kernel that was started anew.

/** @import { FromPage, Marker, PrefetchedAnswer, PrefetchedMessage, ShowMessage, SetMessage, Value } from "./messages.js" */

/**
 * @typedef {object} StoreOptions
 * @property {string} view the name of this view, among all that show the same widget
 * @property {(message: FromPage) => void} send sends a message to Python; may throw
 * @property {number} timeout ms without an answer after which Python counts as disconnected
 * @property {() => boolean} prefetch whether answers may be prefetched
 * @property {Pick<Storage, "getItem" | "setItem">} storage keeps what was entered, for this tab
 * @property {string} storageKey
 * @property {(seq: number) => void} onAction an action is about to be sent
 * @property {() => void} onAnswered the latest action was answered
 * @property {() => void} onDisconnected no answer came, or nothing can be sent
 */

export class Store {
  /** @type {Map<number, string>} */
  contents = new Map(); // number -> content
  /** @type {Record<string, number>} */
  fragments = {}; // fragment -> number of its content, as Python last said
  /** @type {Record<string, number>} */
  painted = {}; // the same, as on screen
  /** @type {Record<string, Marker>} */
  marks = {};
  /** @type {Record<string, Value>} */
  values = {}; // what the controls hold, by field
  /** @type {Map<string, Value>} */
  queue = new Map(); // fields that were moved while an action was under way: the latest value counts
  /** @type {PrefetchedMessage | null} */
  prefetched = null;
  /** @type {string | null} */
  activeField = null; // the field whose control is in use
  prefetchVersion = 0; // raised when anything but the active field changes: answers to an older request are outdated
  seq = 0; // of the last action that was sent
  disconnected = false;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #pending = null; // the timer of the action that is under way
  #options;

  /** @param {StoreOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** Whether an action is under way. */
  get pending() {
    return this.#pending !== null;
  }

  // ---- to Python ----

  /** @param {FromPage} message */
  send(message) {
    try {
      this.#options.send({ ...message, view: this.#options.view });
    } catch {
      this.disconnect();
    }
  }

  /**
   * Send an action and wait for its answer.
   * @param {FromPage} message
   */
  act(message) {
    this.seq += 1;
    this.#options.onAction(this.seq);
    this.#stopWaiting();
    this.#pending = setTimeout(() => this.disconnect(), this.#options.timeout);
    this.send({ ...message, seq: this.seq });
  }

  /**
   * Send an action after every change that waits for its turn.
   * @param {FromPage} message
   */
  actAfterQueue(message) {
    for (const [field, value] of this.queue) this.act({ type: "set", field, value });
    this.queue.clear();
    this.act(message);
  }

  /**
   * Send a new value of a field now, or when the action under way is answered.
   * @param {string} field
   * @param {Value} value
   */
  set(field, value) {
    if (this.pending) this.queue.set(field, value);
    else this.act({ type: "set", field, value });
  }

  /** Send the next change that waits for its turn. */
  sendQueued() {
    const next = this.queue.entries().next().value;
    if (!next) return;
    this.queue.delete(next[0]);
    this.act({ type: "set", field: next[0], value: next[1] });
  }

  /** Nothing can be sent, or nothing comes back; the next action tries again. */
  disconnect() {
    this.disconnected = true;
    this.#stopWaiting();
    this.#options.onDisconnected();
  }

  #stopWaiting() {
    if (this.#pending !== null) clearTimeout(this.#pending);
    this.#pending = null;
  }

  dispose() {
    this.#stopWaiting();
  }

  // ---- prefetched answers ----

  /**
   * A control is in use: ask for the answers to its other positions.
   * @param {string} field
   */
  activate(field) {
    this.activeField = field;
    if (!this.#options.prefetch() || this.prefetched?.field === field) return;
    this.discardPrefetched();
    this.send({ type: "prefetch", field, prefetch_version: this.prefetchVersion });
  }

  /**
   * What a position of a control shows, if it was prefetched; answers for another control are outdated by this move.
   * @param {string} field
   * @param {Value} value
   * @returns {PrefetchedAnswer | undefined}
   */
  prefetchedAnswer(field, value) {
    if (this.prefetched?.field === field) return this.prefetched.at[String(value)];
    this.discardPrefetched();
    return undefined;
  }

  discardPrefetched() {
    this.prefetched = null;
    this.prefetchVersion += 1;
  }

  /** @param {PrefetchedMessage} message */
  receivePrefetched(message) {
    this.#keepContents(message);
    const current = message.view === this.#options.view && message.prefetch_version === this.prefetchVersion;
    if (current && message.field === this.activeField) this.prefetched = message;
  }

  /** The fragments that a prefetched answer has painted and that the action under way will confirm. */
  paintedAhead() {
    const answers = this.pending && this.prefetched ? Object.values(this.prefetched.at) : [];
    return new Set(answers.length ? Object.keys(answers[0][0]) : []);
  }

  // ---- from Python ----

  /**
   * Take an answer in.
   * @param {ShowMessage} message
   * @returns {{ mine: boolean, saved: string | null, typing: string | null }} whether it answers this view's latest action;
   *   what was entered before the kernel or the page was started anew; the field whose control is ahead of the answer
   */
  receive(message) {
    this.#keepContents(message);
    Object.assign(this.fragments, message.fragments);
    if (message.marks) this.marks = message.marks;
    const here = message.view === this.#options.view;
    const mine = here && message.seq === this.seq;
    if (mine) {
      this.#stopWaiting();
      this.#options.onAnswered();
    }
    if (Object.keys(message.values ?? {}).some((field) => field !== this.activeField)) this.discardPrefetched();
    let saved = null;
    if (message.hello) saved = this.#savedBefore(message.values ?? {});
    else if (message.values) this.#save(message.values);
    const active = this.activeField;
    return { mine, saved, typing: here && active !== null && this.queue.has(active) ? active : null };
  }

  /**
   * The content that a fragment has to be painted with; undefined if it shows it already, or the content is unknown.
   * @param {string} fragment
   * @param {number} number
   */
  toPaint(fragment, number) {
    if (this.painted[fragment] === number) return undefined;
    const content = this.contents.get(number);
    if (content !== undefined) this.painted[fragment] = number;
    return content;
  }

  /** @param {ShowMessage | PrefetchedMessage} message */
  #keepContents(message) {
    if ("forget" in message && message.forget) {
      this.contents.clear();
      this.discardPrefetched(); // it names contents by numbers that are forgotten
      this.painted = {};
    }
    for (const [number, content] of Object.entries(message.contents ?? {})) this.contents.set(Number(number), content);
  }

  // ---- what was entered ----

  /** @param {Record<string, Value>} values */
  #save(values) {
    Object.assign(this.values, values);
    this.#options.storage.setItem(this.#options.storageKey, JSON.stringify(this.values));
  }

  /** @param {Record<string, Value>} values */
  #savedBefore(values) {
    this.values = { ...values };
    const saved = this.#options.storage.getItem(this.#options.storageKey);
    return saved && saved !== JSON.stringify(this.values) ? saved : null;
  }
}
