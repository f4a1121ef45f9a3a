// @ts-check
// What one view of a widget knows, without any DOM: the contents that Python sent, what is on screen, changes that wait
// for their turn, prefetched answers, and what was entered, for a kernel that was started anew.
//
// No message is taken to have arrived. Answers are numbered: one that does not follow the answer before it is not shown, and
// Python is asked for everything. The same goes for an unknown content, and for any action after a disconnect.

/** @import { FromPage, Marker, PrefetchedAnswer, PrefetchedMessage, ShowMessage, SetMessage, Value } from "./messages.js" */

/**
 * @typedef {object} Taken what became of an answer
 * @property {boolean} shown whether the page may show it; if not, only its notice and its file count
 * @property {boolean} here whether notice and file are for this view: it answers an action of this view, or nobody's
 * @property {boolean} mine whether it answers this view's latest action
 * @property {string | null} saved what was entered before the kernel or the page was started anew
 * @property {string | null} typing the field whose control is ahead of the answer
 */

/**
 * @typedef {object} StoreOptions
 * @property {string} view the name of this view, among all that show the same widget
 * @property {(message: FromPage) => void} send sends a message to Python; may throw
 * @property {number} timeout ms without an answer after which Python counts as disconnected
 * @property {number} [late] ms without an answer after which the reader is told that what is shown may be outdated
 * @property {() => boolean} prefetch whether answers may be prefetched
 * @property {Pick<Storage, "getItem" | "setItem">} storage keeps what was entered, for this tab; must not throw
 * @property {string} storageKey
 * @property {(seq: number, byReader: boolean) => void} onAction an action is about to be sent, by the reader or the store itself
 * @property {() => void} onAnswered the latest action was answered
 * @property {(waiting: boolean) => void} [onMore] the rest of an answer is on its way, or is no longer waited for
 * @property {() => void} onDisconnected no answer came, or nothing can be sent
 * @property {(late: boolean) => void} [onLate] an answer is late, or what was late has come
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
  /** @type {Map<string, Value>} */
  lost = new Map(); // changes that were never answered: sent again before the queue, unless something newer is known
  /** @type {PrefetchedMessage | null} */
  prefetched = null;
  /** @type {string | null} */
  activeField = null; // the field whose control is in use
  prefetchVersion = 0; // raised when anything but the active field changes: answers to an older request are outdated
  seq = 0; // of the last action that was sent
  disconnected = false;
  number = 0; // of the last answer that was shown
  #highest = 0; // of the answers that came, shown or not
  #sent = 0; // the number of the last message
  #heard = false; // Python has said something since the action under way was sent
  #incomplete = true; // something may be missing here: every action asks for everything
  #opened = false; // everything has come once
  /** @type {SetMessage | null} */
  #change = null; // the change that is under way, if the action under way is one
  /** @type {ReturnType<typeof setTimeout> | null} */
  #pending = null; // the timer of the action that is under way
  /** @type {ReturnType<typeof setTimeout> | null} */
  #more = null; // the timer of a deferred answer
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lateTimer;
  #late = false; // the reader was told that an answer is late
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

  /**
   * Ask for something that may also be lost, since nothing depends on it.
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
   * Send a message with its number, by which Python notices one that is missing.
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

  /** Something is missing here. One request is enough until it is answered, or is not. */
  #askForEverything() {
    if (this.#incomplete && this.pending) return;
    this.#incomplete = true;
    if (!this.sendQueued(false)) this.#act({ type: "refresh" }, false);
  }

  /**
   * Send an action after every change that waits for its turn.
   * @param {FromPage} message
   */
  actAfterQueue(message) {
    while (this.sendQueued());
    this.act(message);
  }

  /**
   * Send a new value of a field, after all that waits for its turn: now, or when the action under way is answered.
   * @param {string} field
   * @param {Value} value
   */
  set(field, value) {
    this.lost.delete(field);
    this.queue.set(field, value);
    if (!this.pending) this.sendQueued();
  }

  /**
   * Send the next change that waits for its turn; returns whether there was one.
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

  /** No answer came. If Python was heard meanwhile, only the answer was lost, and is asked for again. */
  #giveUp() {
    if (!this.#heard) return this.disconnect();
    this.#loseAnswer();
    this.#askForEverything();
  }

  /** Nothing can be sent, or nothing comes back; the next action tries again. */
  disconnect() {
    this.disconnected = true;
    this.#loseAnswer();
    this.#watch();
    this.#options.onDisconnected();
  }

  /** The action under way stays without an answer, and may never have arrived. */
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

  /** Begin to wait for the next answer, or for none: a late one is told, and told when it has come. */
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
   * A control is in use: ask for the answers to its other positions.
   * @param {string} field
   */
  activate(field) {
    this.activeField = field;
    if (!this.#options.prefetch() || this.prefetched?.field === field) return;
    this.discardPrefetched();
    this.ask({ type: "prefetch", field, prefetch_version: this.prefetchVersion });
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
    if (!this.#follows(message)) return;
    this.#keepContents(message);
    const current = message.view === this.#options.view && message.prefetch_version === this.prefetchVersion;
    if (!current || message.field !== this.activeField) return;
    if (Object.values(message.at).every(([fragments]) => this.#knows(fragments))) this.prefetched = message;
    else this.#askForEverything();
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
    // Were the deferred answer lost, nothing would show it until the next one came.
    if (message.more && !this.pending) {
      this.#more = setTimeout(() => this.#askForEverything(), this.#options.timeout);
      this.#options.onMore?.(true);
    }
    if (!message.forget && !this.#knows(message.fragments ?? {})) this.#askForEverything();
    const values = message.values ?? {};
    if (Object.keys(values).some((field) => field !== this.activeField)) this.discardPrefetched();
    for (const field of Object.keys(values)) this.lost.delete(field); // what Python says is newer
    let saved = null;
    if ((message.hello && here) || (message.forget && !this.#opened)) saved = this.#savedBefore(values);
    else if (message.values) this.#save(values);
    this.#opened ||= !!message.forget;
    // Python is there again, or there was a later answer that was not shown.
    if ((slept && !mine) || (this.number < this.#highest && !this.pending)) this.#askForEverything();
    this.#watch();
    const active = this.activeField;
    const ahead = active !== null && (this.queue.has(active) || (this.pending && this.#change?.field === active));
    return { shown: true, here, mine, saved, typing: ahead ? active : null };
  }

  /**
   * Whether an answer follows what is shown; if one before it is missing, everything is asked for.
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
    // A later answer that was not shown may have come before this one.
    if (everything) this.#incomplete = number < this.#highest;
    return true;
  }

  /** @param {Record<string, number>} fragments */
  #knows(fragments) {
    return Object.values(fragments).every((number) => this.contents.has(number));
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
    if (!this.#options.storageKey) return; // Python keeps what was entered
    this.#options.storage.setItem(this.#options.storageKey, JSON.stringify(this.values));
  }

  /** @param {Record<string, Value>} values */
  #savedBefore(values) {
    this.values = { ...values };
    const saved = this.#options.storageKey ? this.#options.storage.getItem(this.#options.storageKey) : null;
    return saved && saved !== JSON.stringify(this.values) ? saved : null;
  }
}
