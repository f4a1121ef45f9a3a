// The page's real store in a process of its own, driven line by line with JSON: a test plays the network between it and Python.

import { createInterface } from "node:readline";

// Timers run out when the test says so.
let timers = new Map();
let count = 0;
globalThis.setTimeout = (callback) => (timers.set((count += 1), callback), count);
globalThis.clearTimeout = (id) => timers.delete(id);

const { Store } = await import("../../backchannel_lib/page/static/js/store.js");

/** One view: a store, what it sent, and what is on its screen. */
function open(view) {
  const page = { sent: [], values: {}, errors: {}, told: [] };
  page.store = new Store({
    view,
    send: (message) => page.sent.push(message),
    timeout: 6000,
    prefetch: () => true,
    storage: { getItem: () => null, setItem: () => {} },
    storageKey: "key",
    onAction: () => {},
    onAnswered: () => {},
    onDisconnected: () => {},
  });
  page.store.send({ type: "hello" });
  return page;
}

/** What view.js does with an answer, without a page. */
function show(page, message) {
  const { shown, here, mine, typing } = page.store.receive(message);
  if (here && message.file) page.told.push(message.file.name);
  if (!shown) return;
  if (message.errors) page.errors = message.errors;
  for (const [field, value] of Object.entries(message.values ?? {})) if (field !== typing) page.values[field] = value;
  if (mine) page.store.sendQueued();
}

const acts = {
  set: (page, { field, value }) => {
    page.values[field] = value;
    page.store.set(field, value);
  },
  press: (page, { action }) => page.store.actAfterQueue({ type: action, value: "" }),
  hold: (page, { field }) => page.store.activate(field),
  receive: (page, { message }) => (message.type === "show" ? show(page, message) : page.store.receivePrefetched(message)),
  timeout: () => {
    const due = [...timers.values()];
    timers = new Map();
    for (const callback of due) callback();
  },
};

let pages = {};
for await (const line of createInterface({ input: process.stdin })) {
  const { op, view, ...more } = JSON.parse(line);
  if (op === "begin") {
    timers.clear();
    pages = Object.fromEntries(more.views.map((name) => [name, open(name)]));
  } else acts[op](pages[view], more);
  const told = Object.entries(pages).map(([name, page]) => {
    const { store, values, errors } = page;
    const fragments = Object.fromEntries(Object.entries(store.fragments).map(([part, number]) => [part, store.contents.get(number) ?? null]));
    const sent = page.sent.splice(0);
    const files = page.told.splice(0);
    const { number, pending, disconnected, marks } = store;
    return [name, { number, pending, disconnected, fragments, marks, values, errors, sent, files, waiting: store.queue.size + store.lost.size }];
  });
  console.log(JSON.stringify(Object.fromEntries(told)));
}
