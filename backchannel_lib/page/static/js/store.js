// @ts-check
// The state of one view of a widget, without the DOM: the contents that Python sent, what is on screen, queued changes,
// prefetched answers, and the reader's input, which a restarted kernel needs.
//
// Messages can get lost, so answers are numbered: if one doesn't follow the last one, the store ignores it and asks
// Python for everything. It does the same for an unknown content, and for any action after a disconnect.

/** @import { FromPage, Marker, PrefetchedAnswer, PrefetchedMessage, ShowMessage, SetMessage, Value } from "./messages.js" */

/**
 * @typedef {object} Taken what happened to an answer
 * @property {boolean} shown whether the page can show it; if not, only its notice and its file count
 * @property {boolean} here whether notice and file are for this view: the answer is to one of its actions, or to nobody's
 * @property {boolean} mine whether it answers this view's latest action
 * @property {string | null} saved the input from before the kernel or the page restarted
 * @property {string | null} typing the field whose control is ahead of the answer
 */

/**
 * @typedef {object} StoreOptions
 * @property {string} view the id of this view among all views of the widget
 * @property {(message: FromPage) => void} send sends a message to Python; may throw
 * @property {number} timeout ms without an answer after which Python counts as disconnected
 * @property {number} [late] ms without an answer after which the reader learns that the page may be outdated
 * @property {() => boolean} prefetch whether to prefetch answers
 * @property {Pick<Storage, "getItem" | "setItem">} storage keeps the input for this tab; must not throw
 * @property {string} storageKey
 * @property {(seq: number, byReader: boolean) => void} onAction before the reader or the store itself sends an action
 * @property {() => void} onAnswered after the latest action gets its answer
 * @property {(waiting: boolean) => void} [onMore] while the rest of an answer is still to come
 * @property {() => void} onDisconnected if no answer comes, or sending fails
 * @property {(late: boolean) => void} [onLate] when an answer is late, and when it arrives
 */

export class Store {
  /** @type {Map<number, string>} */
  contents = new Map(); // number -> content
  /** @type {Record<string, number>} */
  fragments = {}; // fragment -> number of its content, as Python last sent it
  /** @type {Record<string, number>} */
  painted = {}; // the same, as on screen
  /** @type {Record<string, Marker>} */
  marks = {};
  /** @type {Record<string, Value>} */
  values = {}; // the controls' values, by field
  /** @type {Map<string, Value>} */
  queue = new Map(); // fields that moved during an action: the latest value counts
  /** @type {Map<string, Value>} */
  lost = new Map(); // changes without an answer: sent again before the queue unless there is something newer
  /** @type {PrefetchedMessage | null} */
  prefetched = null;
  /** @type {string | null} */
  activeField = null; // the field whose control is in use
  prefetchVersion = 0; // goes up when anything but the active field changes, which makes answers to older requests outdated
  seq = 0; // of the last action sent
  disconnected = false;
  number = 0; // of the last answer shown
  #highest = 0; // of the answers received, shown or not
  #sent = 0; // the number of the last message
  #heard = false; // Python has sent something since the current action was sent
  #incomplete = true; // something may be missing, so every action asks for everything
  #opened = false; // everything has arrived once
  /** @type {SetMessage | null} */
  #change = null; // the current action, if it is a change
  /** @type {ReturnType<typeof setTimeout> | null} */
  #pending = null; // the timer of the current action
  /** @type {ReturnType<typeof setTimeout> | null} */
  #more = null; // the timer of a deferred answer
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lateTimer;
  #late = false; // the reader knows that an answer is late
  #options;

  /** @param {StoreOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** Whether an action is waiting for its answer. */
  get pending() {
    return this.#pending !== null;
  }

  // ---- to Python ----

  /**
   * Ask for something that can get lost, because nothing depends on it.
   * @param {FromPage} message
   */
  ask(message) {
    try {
      this.#options.send({ ...message, view: this.#options.view });
    } catch {
      this.disconnect();
    }
  }

  /**
   * Send a message with its number, so that Python notices a missing one.
   * @param {FromPage} message
   */
  send(message) {
    this.#sent += 1;
    this.ask({ ...message, number: this.#sent });
  }

  /**
   * Send an action and wait for its answer.
   * @param {FromPage} message
   */
  act(message) {
    this.#act(message, true);
  }

  /**
   * @param {FromPage} message
   * @param {boolean} byReader
   */
  #act(message, byReader) {
    this.seq += 1;
    this.#options.onAction(this.seq, byReader);
    this.#stopWaiting();
    this.#heard = false;
    this.#pending = setTimeout(() => this.#giveUp(), this.#options.timeout);
    this.#watch();
    this.#change = "field" in message && "value" in message ? message : null;
    this.send({ ...message, seq: this.seq, ...(this.#incomplete ? { everything: true } : {}) });
  }

  /** Ask for everything. One request is enough until its answer, or its timeout. */
  #askForEverything() {
    if (this.#incomplete && this.pending) return;
    this.#incomplete = true;
    if (!this.sendQueued(false)) this.#act({ type: "refresh" }, false);
  }

  /**
   * Send an action after all queued changes.
   * @param {FromPage} message
   */
  actAfterQueue(message) {
    while (this.sendQueued());
    this.act(message);
  }

  /**
   * Send a field's new value after everything in the queue: now, or after the current action's answer.
   * @param {string} field
   * @param {Value} value
   */
  set(field, value) {
    this.lost.delete(field);
    this.queue.set(field, value);
    if (!this.pending) this.sendQueued();
  }

  /**
   * Send the next queued change; return whether there was one.
   * @param {boolean} byReader
   */
  sendQueued(byReader = true) {
    const waiting = this.lost.size ? this.lost : this.queue;
    const next = waiting.entries().next().value;
    if (!next) return false;
    waiting.delete(next[0]);
    this.#act({ type: "set", field: next[0], value: next[1] }, byReader);
    return true;
  }

  /** Handle a missing answer. If Python has sent anything since, only the answer was lost, so ask for it again. */
  #giveUp() {
    if (!this.#heard) return this.disconnect();
    this.#loseAnswer();
    this.#askForEverything();
  }

  /** Handle a broken connection; the next action tries again. */
  disconnect() {
    this.disconnected = true;
    this.#loseAnswer();
    this.#watch();
    this.#options.onDisconnected();
  }

  /** Give up on the current action, which may never have arrived. */
  #loseAnswer() {
    this.#incomplete = true;
    this.#stopWaiting();
    if (this.#change && !this.queue.has(this.#change.field)) this.lost.set(this.#change.field, this.#change.value);
  }

  #stopWaiting() {
    if (this.#pending !== null) clearTimeout(this.#pending);
    this.#pending = null;
    this.#stopWaitingForMore();
  }

  #stopWaitingForMore() {
    if (this.#more === null) return;
    clearTimeout(this.#more);
    this.#more = null;
    this.#options.onMore?.(false);
  }

  /** Start waiting for the next answer, or stop; report a late answer, and its arrival. */
  #watch() {
    const { late, onLate = () => {} } = this.#options;
    clearTimeout(this.#lateTimer);
    if (this.#late) onLate((this.#late = false));
    if (late === undefined || (this.#pending === null && this.#more === null)) return;
    this.#lateTimer = setTimeout(() => onLate((this.#late = true)), late);
  }

  dispose() {
    this.#stopWaiting();
    clearTimeout(this.#lateTimer);
  }

  // ---- prefetched answers ----

  /**
   * Ask for the answers to the other positions of a control in use.
   * @param {string} field
   */
  activate(field) {
    this.activeField = field;
    if (!this.#options.prefetch() || this.prefetched?.field === field) return;
    this.discardPrefetched();
    this.ask({ type: "prefetch", field, prefetch_version: this.prefetchVersion });
  }

  /**
   * Return the prefetched answer for a position of a control, if there is one, and discard answers for other controls.
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
    if (!this.#follows(message)) return;
    this.#keepContents(message);
    const current = message.view === this.#options.view && message.prefetch_version === this.prefetchVersion;
    if (!current || message.field !== this.activeField) return;
    if (Object.values(message.at).every(([fragments]) => this.#knows(fragments))) this.prefetched = message;
    else this.#askForEverything();
  }

  /** The fragments that a prefetched answer has painted and the current action will confirm. */
  paintedAhead() {
    const answers = this.pending && this.prefetched ? Object.values(this.prefetched.at) : [];
    return new Set(answers.length ? Object.keys(answers[0][0]) : []);
  }

  // ---- from Python ----

  /**
   * Process an answer.
   * @param {ShowMessage} message
   * @returns {Taken}
   */
  receive(message) {
    const here = message.view === undefined || message.view === this.#options.view;
    const twice = message.number !== undefined && message.number <= this.number;
    if (twice || !this.#follows(message)) return { shown: false, here: here && !twice, mine: false, saved: null, typing: null };
    const slept = this.disconnected;
    this.disconnected = false;
    this.#keepContents(message);
    this.fragments = { ...(message.forget ? {} : this.fragments), ...message.fragments };
    if (message.marks) this.marks = message.marks;
    const mine = message.view === this.#options.view && message.seq === this.seq;
    if (mine) {
      this.#stopWaiting();
      if (this.#change) this.lost.delete(this.#change.field);
      this.#change = null;
      this.#options.onAnswered();
    }
    // Otherwise we would notice a lost deferred answer only at the next one.
    if (message.more && !this.pending) {
      this.#more = setTimeout(() => this.#askForEverything(), this.#options.timeout);
      this.#options.onMore?.(true);
    }
    if (!message.forget && !this.#knows(message.fragments ?? {})) this.#askForEverything();
    const values = message.values ?? {};
    if (Object.keys(values).some((field) => field !== this.activeField)) this.discardPrefetched();
    for (const field of Object.keys(values)) this.lost.delete(field); // Python's value is newer
    let saved = null;
    if ((message.hello && here) || (message.forget && !this.#opened)) saved = this.#savedBefore(values);
    else if (message.values) this.#save(values);
    this.#opened ||= !!message.forget;
    // Python is back, or there was a later answer that wasn't shown.
    if ((slept && !mine) || (this.number < this.#highest && !this.pending)) this.#askForEverything();
    this.#watch();
    const active = this.activeField;
    const ahead = active !== null && (this.queue.has(active) || (this.pending && this.#change?.field === active));
    return { shown: true, here, mine, saved, typing: ahead ? active : null };
  }

  /**
   * Return whether an answer follows the last one shown; if one is missing, ask for everything.
   * @param {ShowMessage | PrefetchedMessage} message
   */
  #follows(message) {
    const { number } = message;
    this.#heard = true;
    const everything = "forget" in message && !!message.forget;
    if (number === undefined) return true;
    if (number <= this.number) return false;
    this.#highest = Math.max(this.#highest, number);
    if (!everything && number !== this.number + 1) {
      this.#askForEverything();
      return false;
    }
    this.number = number;
    this.#stopWaitingForMore();
    // A later answer that wasn't shown may have arrived before this one.
    if (everything) this.#incomplete = number < this.#highest;
    return true;
  }

  /** @param {Record<string, number>} fragments */
  #knows(fragments) {
    return Object.values(fragments).every((number) => this.contents.has(number));
  }

  /**
   * Paint a fragment again, because its place is new and empty.
   * @param {string} fragment
   */
  paintAgain(fragment) {
    delete this.painted[fragment];
  }

  /**
   * Return the content to paint a fragment with; undefined if it already shows it or the content is unknown.
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
      this.discardPrefetched(); // its content numbers are gone
      this.painted = {};
    }
    for (const [number, content] of Object.entries(message.contents ?? {})) this.contents.set(Number(number), content);
  }

  // ---- the reader's input ----

  /** @param {Record<string, Value>} values */
  #save(values) {
    Object.assign(this.values, values);
    if (!this.#options.storageKey) return; // Python keeps the input
    this.#options.storage.setItem(this.#options.storageKey, JSON.stringify(this.values));
  }

  /** @param {Record<string, Value>} values */
  #savedBefore(values) {
    this.values = { ...values };
    const saved = this.#options.storageKey ? this.#options.storage.getItem(this.#options.storageKey) : null;
    return saved && saved !== JSON.stringify(this.values) ? saved : null;
  }
}
