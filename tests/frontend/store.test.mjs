// What one view knows, tested without a page: `node --test tests/frontend/`, or pytest, which runs it with Playwright's Node.

import assert from "node:assert/strict";
import { test } from "node:test";

import { guardedStorage } from "../../backchannel_lib/page/static/js/storage.js";
import { Store } from "../../backchannel_lib/page/static/js/store.js";
import { Clock } from "../../backchannel_lib/page/static/js/timer.js";

/** A store with what it sent, what it reported, and a tab's storage. */
function opened({ view = "v", stored = {}, send = undefined, timeout = 60_000, late = undefined, prefetch = true } = {}) {
  const sent = [];
  const reports = [];
  const storage = { getItem: (key) => stored[key] ?? null, setItem: (key, value) => (stored[key] = value) };
  const store = new Store({
    view,
    send: send ?? ((message) => sent.push(message)),
    timeout,
    late,
    prefetch: () => prefetch,
    storage,
    storageKey: "key",
    onAction: (seq) => reports.push(seq),
    onAnswered: () => reports.push("answered"),
    onDisconnected: () => reports.push("disconnected"),
    onLate: (late) => reports.push(late ? "late" : "no longer late"),
  });
  return { store, sent, reports, stored, view };
}

const answerTo = (store, more = {}, view = "v") => ({ type: "show", fragments: {}, contents: {}, seq: store.seq, view, ...more });
const everything = (number) => ({ type: "show", number, forget: true, contents: {}, fragments: {}, values: { score: 240 } });
const waited = () => new Promise((resolve) => setTimeout(resolve, 50));
const moves = (sent) => sent.filter((message) => message.type === "set").map(({ field, value }) => [field, value]);

/** What view.js does with an answer, as far as the store is concerned. */
function take(store, message) {
  const result = store.receive(message);
  if (result.mine) store.sendQueued();
  return result;
}

test("moves wait while an action is under way, and of each field only the latest is sent", (t) => {
  const { store, sent } = opened();
  t.after(() => store.dispose());
  for (const score of [1, 2, 3]) store.set("score", score);
  store.set("move", "call");
  store.set("score", 4);
  assert.deepEqual(moves(sent), [["score", 1]]);
  take(store, answerTo(store));
  assert.deepEqual(moves(sent), [["score", 1], ["score", 4]]);
  take(store, answerTo(store));
  assert.deepEqual(moves(sent), [["score", 1], ["score", 4], ["move", "call"]]);
  take(store, answerTo(store));
  assert.equal(store.pending, false);
  assert.equal(sent.length, 3);
});

test("a button is sent after the moves that were made before it", (t) => {
  const { store, sent } = opened();
  t.after(() => store.dispose());
  store.set("a", 1);
  store.set("b", 2);
  store.set("c", 3);
  store.actAfterQueue({ type: "undo" });
  assert.deepEqual(sent.map((message) => message.field ?? message.type), ["a", "b", "c", "undo"]);
  assert.deepEqual(sent.map((message) => message.seq), [1, 2, 3, 4]);
  assert.equal(store.queue.size, 0);
});

test("only the answer to the latest action ends the wait", (t) => {
  const { store, reports } = opened();
  t.after(() => store.dispose());
  store.act({ type: "undo" });
  store.act({ type: "undo" });
  assert.equal(take(store, { ...answerTo(store), seq: 1 }).mine, false);
  assert.equal(store.pending, true);
  assert.equal(take(store, answerTo(store)).mine, true);
  assert.deepEqual(reports, [1, 2, "answered"]);
});

test("a content is painted once; an unknown one not at all, and everything is asked for", (t) => {
  const { store, sent } = opened();
  t.after(() => store.dispose());
  store.receive(answerTo(store, { contents: { 0: "low" }, fragments: { verdict: 0, rule: 5 } }));
  assert.deepEqual(sent.map(({ type, everything }) => [type, everything]), [["refresh", true]]);
  assert.equal(store.toPaint("verdict", 0), "low");
  assert.equal(store.toPaint("verdict", 0), undefined);
  assert.equal(store.toPaint("rule", 5), undefined);
  store.receive({ type: "show", contents: { 5: "later" } });
  assert.equal(store.toPaint("rule", 5), "later");
  store.paintAgain("rule"); // its place is new
  assert.equal(store.toPaint("rule", 5), "later");
  assert.equal(store.toPaint("verdict", 0), undefined);
});

const prefetchedFor = (store, field, at, view = "v") => ({
  type: "prefetched", field, at, contents: { 7: "ahead" }, view, prefetch_version: store.prefetchVersion,
});

test("a prefetched answer is there at once for the control in use", () => {
  const { store, sent } = opened();
  store.activate("score");
  assert.deepEqual(sent, [{ type: "prefetch", field: "score", prefetch_version: store.prefetchVersion, view: "v" }]);
  store.receivePrefetched(prefetchedFor(store, "score", { 241: [{ verdict: 7 }, { map: [241, 3] }] }));
  assert.deepEqual(store.prefetchedAnswer("score", "241"), [{ verdict: 7 }, { map: [241, 3] }]);
  assert.equal(store.prefetchedAnswer("score", "999"), undefined);
  assert.equal(store.toPaint("verdict", 7), "ahead");
  store.activate("score");
  assert.equal(sent.length, 1, "what was prefetched is not asked for again");
});

test("nothing is prefetched where the widget was told not to", () => {
  const { store, sent } = opened({ prefetch: false });
  store.activate("score");
  assert.deepEqual(sent, []);
});

test("a prefetched answer that is outdated, of another view or of another control is discarded", () => {
  const { store } = opened();
  store.activate("score");
  const outdated = prefetchedFor(store, "score", { 1: [{}, {}] });
  store.discardPrefetched();
  store.receivePrefetched(outdated);
  assert.equal(store.prefetched, null);
  store.receivePrefetched(prefetchedFor(store, "score", {}, "another"));
  assert.equal(store.prefetched, null);
  store.receivePrefetched(prefetchedFor(store, "move", {}));
  assert.equal(store.prefetched, null);
  assert.equal(store.contents.get(7), "ahead", "its contents are kept all the same: they are sent once");
});

test("prefetched answers hold while their own field changes, and are void when another one does", () => {
  const { store } = opened();
  store.activate("score");
  store.receivePrefetched(prefetchedFor(store, "score", { 241: [{ verdict: 7 }, {}] }));
  store.receive({ type: "show", values: { score: 241 } });
  assert.ok(store.prefetchedAnswer("score", "241"));
  store.receive({ type: "show", values: { phase: "post_soap" } });
  assert.equal(store.prefetchedAnswer("score", "241"), undefined);
});

test("a move of another control makes prefetched answers void", () => {
  const { store } = opened();
  store.activate("score");
  store.receivePrefetched(prefetchedFor(store, "score", { 241: [{ verdict: 7 }, {}] }));
  assert.equal(store.prefetchedAnswer("move", "call"), undefined);
  assert.equal(store.prefetched, null);
});

test("while a move is under way, what was painted ahead is not painted over", (t) => {
  const { store } = opened();
  t.after(() => store.dispose());
  store.activate("score");
  store.receivePrefetched(prefetchedFor(store, "score", { 241: [{ verdict: 7 }, {}] }));
  assert.equal(store.paintedAhead().size, 0);
  store.set("score", "241");
  assert.deepEqual([...store.paintedAhead()], ["verdict"]);
  take(store, answerTo(store));
  assert.equal(store.paintedAhead().size, 0);
});

test("a control without positions has nothing ahead, and that is no error", (t) => {
  const { store } = opened();
  t.after(() => store.dispose());
  store.activate("name");
  store.receivePrefetched(prefetchedFor(store, "name", {}));
  store.set("name", "Mercy");
  assert.equal(store.paintedAhead().size, 0);
});

test("after a kernel restart, what was entered before is offered, and not overwritten until then", () => {
  const stored = {};
  const before = opened({ stored }).store;
  before.receive({ type: "show", hello: true, values: { score: 240, move: "call" } });
  before.receive({ type: "show", values: { score: 251 } });
  assert.equal(stored.key, '{"score":251,"move":"call"}');
  const after = opened({ stored }).store;
  assert.equal(after.receive({ type: "show", hello: true, values: { score: 240, move: "call" } }).saved, stored.key);
  assert.equal(JSON.parse(stored.key).score, 251);
});

test("nothing is offered where nothing was entered, or the same", () => {
  const stored = {};
  assert.equal(opened({ stored }).store.receive({ type: "show", hello: true, values: { score: 240 } }).saved, null);
  stored.key = '{"score":240}';
  assert.equal(opened({ stored }).store.receive({ type: "show", hello: true, values: { score: 240 } }).saved, null);
});

test("two views of one model: both show the answer, and only the one that asked stops waiting", (t) => {
  const one = opened({ view: "one" });
  const two = opened({ view: "two" });
  t.after(() => [one, two].forEach(({ store }) => store.dispose()));
  one.store.set("score", 251);
  two.store.activate("score");
  two.store.receivePrefetched(prefetchedFor(two.store, "score", { 240: [{ verdict: 7 }, {}] }, "two"));
  two.store.set("move", "call");
  const answer = answerTo(one.store, { contents: { 0: "better" }, fragments: { verdict: 0 }, values: { move: "x" } }, "one");
  assert.equal(take(one.store, answer).mine, true);
  assert.equal(take(two.store, answer).mine, false, "the same number, but not its own action");
  assert.deepEqual([one.store.pending, two.store.pending], [false, true]);
  assert.deepEqual([one.store, two.store].map((store) => store.toPaint("verdict", store.fragments.verdict)), ["better", "better"]);
  assert.equal(two.store.prefetched, null, "the other view changed a field");
});

test("a view that opens makes the others forget their numbers and paint anew", () => {
  const { store } = opened();
  store.receive({ type: "show", contents: { 0: "old" }, fragments: { verdict: 0 } });
  assert.equal(store.toPaint("verdict", 0), "old");
  store.activate("score");
  store.receivePrefetched(prefetchedFor(store, "score", { 241: [{ verdict: 7 }, {}] }));
  store.receive({ type: "show", forget: true, contents: { 0: "new" }, fragments: { verdict: 0 } });
  assert.equal(store.contents.size, 1);
  assert.equal(store.prefetched, null, "it named contents by the old numbers");
  assert.equal(store.toPaint("verdict", 0), "new");
});

test("switching the exam while the score moves: the switch is answered, and the last move comes after it", (t) => {
  const { store, sent } = opened();
  t.after(() => store.dispose());
  store.activate("score");
  store.receivePrefetched(prefetchedFor(store, "score", { 241: [{ verdict: 7 }, {}] }));
  store.set("score", "241");
  store.set("score", "242");
  store.act({ type: "exam", value: "level2" });
  assert.equal(take(store, { ...answerTo(store, { values: { score: 241 } }), seq: 1 }).mine, false);
  assert.deepEqual(moves(sent), [["score", "241"]], "the switch is not answered yet");
  const switched = answerTo(store, { exam: "level2", values: { score: 520, range_low: 500, range_floor: 450 } });
  assert.equal(take(store, switched).typing, "score", "the control is ahead of this answer");
  assert.equal(store.prefetched, null, "answers for the other exam's scores are void");
  assert.deepEqual(moves(sent), [["score", "241"], ["score", "242"]]);
  assert.equal(store.values.range_low, 500);
});

test("without an answer it counts as disconnected, and the next action tries again", async (t) => {
  const { store, sent, reports } = opened({ timeout: 5 });
  t.after(() => store.dispose());
  store.receive({ ...everything(1), hello: true });
  store.act({ type: "undo" });
  assert.equal(sent.at(-1).everything, undefined);
  await waited();
  assert.deepEqual(reports, [1, "disconnected"]);
  assert.deepEqual([store.disconnected, store.pending], [true, false]);
  store.set("score", 241);
  assert.deepEqual(moves(sent), [["score", 241]]);
  assert.equal(sent.at(-1).everything, true, "what came in between may be missing");
});

test("a message that cannot be sent disconnects at once, and once", async (t) => {
  const { store, reports } = opened({ timeout: 5, send: () => { throw new Error("gone"); } });
  t.after(() => store.dispose());
  store.act({ type: "undo" });
  await waited();
  assert.deepEqual(reports, [1, "disconnected"]);
});

// ---- answers that are lost, doubled or late ----

test("an answer that is late is told, and told when it has come; one that comes in time is not", async (t) => {
  const { store, reports } = opened({ late: 5 });
  t.after(() => store.dispose());
  store.receive(everything(1));
  store.act({ type: "undo" });
  take(store, answerTo(store, { number: 2 }));
  await waited();
  assert.deepEqual(reports, [1, "answered"]);
  store.act({ type: "undo" });
  await waited();
  assert.deepEqual(reports.slice(2), [2, "late"]);
  take(store, answerTo(store, { number: 3, more: true }));
  assert.deepEqual(reports.slice(4), ["answered", "no longer late"]);
  await waited();
  assert.deepEqual(reports.slice(6), ["late"], "the rest of it is late");
  store.receive({ type: "show", number: 4 });
  assert.deepEqual(reports.slice(7), ["no longer late"]);
});

test("when the answer alone was lost, and Python is heard, it is asked for again: nobody is told that Python has gone", async (t) => {
  const { store, sent, reports } = opened({ timeout: 5 });
  t.after(() => store.dispose());
  store.receive(everything(1));
  store.set("score", 1);
  store.receive({ type: "show", number: 2 }); // an answer to somebody else
  await waited();
  assert.deepEqual(sent.slice(0, 2).map(({ type, value, everything }) => [type, value, everything]), [["set", 1, undefined], ["set", 1, true]]);
  assert.deepEqual(reports, [1, 2, "disconnected"], "only when Python is not heard any more");
});

test("an answer that does not follow the one before it is not shown, and everything is asked for once", (t) => {
  const { store, sent } = opened();
  t.after(() => store.dispose());
  store.receive(everything(1));
  store.receive({ type: "show", number: 2, contents: { 1: "File read" }, fragments: { verdict: 1 } });
  const after = { type: "show", number: 4, contents: { 3: "new rule" }, fragments: { rule: 3 }, view: "v", notice: "Saved." };
  const taken = store.receive(after);
  assert.deepEqual([taken.shown, taken.here], [false, true], "its notice counts all the same");
  assert.deepEqual(store.fragments, { verdict: 1 });
  store.receive({ type: "show", number: 5 });
  assert.deepEqual(sent.map(({ type, everything }) => [type, everything]), [["refresh", true]]);
  assert.equal(store.pending, true, "if that is not answered either, the reader is told");
  store.receive({ ...everything(6), seq: store.seq, view: "v", contents: { 7: "Phone interview" }, fragments: { verdict: 7 } });
  assert.equal(store.toPaint("verdict", store.fragments.verdict), "Phone interview");
  assert.equal(store.pending, false);
  store.act({ type: "undo" });
  assert.equal(sent.at(-1).everything, undefined);
});

test("an answer that comes twice counts once", (t) => {
  const { store, sent } = opened();
  t.after(() => store.dispose());
  store.receive(everything(1));
  const answer = { type: "show", number: 2, file: { name: "a", text: "b" }, notice: "Saved.", values: { score: 1 } };
  assert.equal(store.receive(answer).here, true);
  assert.deepEqual(store.receive(answer), { shown: false, here: false, mine: false, saved: null, typing: null });
  assert.deepEqual(sent, []);
});

test("an answer that was overtaken by everything is not shown after it", (t) => {
  const { store, sent } = opened();
  t.after(() => store.dispose());
  store.receive(everything(3));
  store.receive({ type: "show", number: 2, contents: { 1: "old" }, fragments: { verdict: 1 } });
  assert.deepEqual([store.fragments, store.contents.size], [{}, 0]);
  assert.deepEqual(sent, []);
});

test("everything that was overtaken by a later answer is shown, and asked for again", (t) => {
  const { store, sent } = opened();
  t.after(() => store.dispose());
  store.receive(everything(1));
  store.receive({ type: "show", number: 5 });
  store.receive({ ...everything(3), seq: store.seq, view: "v" });
  assert.equal(store.number, 3);
  assert.deepEqual(sent.map(({ type, everything }) => [type, everything]), [["refresh", true], ["refresh", true]]);
});

test("a deferred answer that does not come is asked for", async (t) => {
  const { store, sent } = opened({ timeout: 5 });
  t.after(() => store.dispose());
  store.receive({ ...everything(1), more: true });
  store.receive({ type: "show", number: 2 });
  await waited();
  assert.deepEqual(sent, []);
  store.receive({ type: "show", number: 3, more: true });
  await waited();
  assert.equal(sent[0].everything, true);
});

test("a prefetched answer that was lost, or names an unknown content, is noticed", (t) => {
  for (const [number, content] of [[3, 7], [2, 8]]) {
    const { store, sent } = opened();
    t.after(() => store.dispose());
    store.receive(everything(1));
    store.activate("score");
    store.receivePrefetched({ ...prefetchedFor(store, "score", { 241: [{ verdict: content }, {}] }), number });
    assert.equal(store.prefetched, null);
    assert.equal(sent.at(-1).everything, true);
  }
});

test("messages that matter are counted, so that Python notices one that is lost; questions are not", (t) => {
  const { store, sent } = opened();
  t.after(() => store.dispose());
  store.send({ type: "hello" });
  store.activate("score");
  store.ask({ type: "plotly" });
  store.act({ type: "undo" });
  assert.deepEqual(sent.map(({ type, number }) => [type, number]), [["hello", 1], ["prefetch", undefined], ["plotly", undefined], ["undo", 2]]);
});

test("after a timeout the newest value wins, in any control", async (t) => {
  const { store, sent } = opened({ timeout: 5 });
  t.after(() => store.dispose());
  store.receive(everything(1));
  store.set("score", 1);
  store.set("score", 2);
  store.set("move", "call");
  await waited(); // the kernel has stopped
  store.set("score", 3);
  take(store, answerTo(store)); // it goes on
  take(store, answerTo(store));
  take(store, answerTo(store));
  assert.deepEqual(moves(sent), [["score", 1], ["score", 3], ["move", "call"]]);
  assert.equal(store.queue.size, 0);
});

test("a change that was never answered is sent again with the next action, unless Python says something newer", async (t) => {
  const { store, sent } = opened({ timeout: 5 });
  t.after(() => store.dispose());
  store.receive(everything(1));
  store.set("score", 1);
  await waited();
  store.actAfterQueue({ type: "undo" });
  assert.deepEqual(sent.map(({ type, value }) => value ?? type), [1, 1, "undo"]);
  take(store, answerTo(store));
  store.set("score", 2);
  await waited();
  store.receive({ type: "show", number: 2, values: { score: 3 } }); // somebody moved it in another view
  store.actAfterQueue({ type: "undo" });
  assert.deepEqual(sent.slice(3).map(({ type, value }) => value ?? type), [2, "refresh", "undo"], "and whatever else was missed comes with it");
});

// ---- two views ----

test("what an answer says once is for the view that asked", () => {
  const two = [opened({ view: "one" }), opened({ view: "two" })];
  const answer = { type: "show", view: "one", file: { name: "a", text: "b" }, notice: "Saved." };
  assert.deepEqual(two.map(({ store }) => store.receive(answer).here), [true, false]);
  assert.deepEqual(two.map(({ store }) => store.receive({ type: "show", notice: "Changed by code." }).here), [true, true]);
});

test("the hello of another view offers nothing to bring back here", () => {
  const stored = { key: '{"score":1}' };
  const { store } = opened({ stored });
  assert.equal(store.receive({ ...everything(1), view: "v", hello: true, values: { score: 2 } }).saved, stored.key);
  assert.equal(store.receive({ ...everything(3), view: "w", hello: true, values: { score: 2 } }).saved, null);
});

/** What one view does for a clock. */
const clockView = (told) => ({
  visible: () => true, draw: () => {}, save: (id, left) => told.push([id, left]), timeUp: (id) => told.push(id),
});

test("two views have one clock: it ticks once, stops in both, and tells its end once", (t) => {
  const clock = new Clock();
  const told = [];
  const [one, two] = [clockView(told), clockView(told)];
  t.after(() => [one, two].forEach((view) => clock.remove(view)));
  clock.add(one);
  clock.start({ id: "c", seconds: 1, run: true });
  clock.add(two);
  clock.start({ id: "c", seconds: 1, run: true }); // the second view opens
  clock.tick();
  assert.equal(clock.left, 0.75);
  clock.act("pause");
  clock.tick();
  assert.deepEqual([clock.left, clock.paused], [0.75, true]);
  clock.start({ id: "c", seconds: 1, run: true });
  assert.equal(clock.paused, true, "an answer does not start it again");
  clock.act("go");
  for (let count = 0; count < 9; count += 1) clock.tick();
  assert.deepEqual(told, [["c", 1], ["c", 1], ["c", 0], "c"]);
  clock.remove(one);
  assert.deepEqual([...clock.views], [two]);
});

// ---- a browser that refuses ----

/** Wait until storage has written what it was given. */
const written = () => new Promise((done) => setTimeout(done, 5));

test("where the browser refuses its storage, memory keeps what was entered", async () => {
  const refused = [
    () => { throw new Error("SecurityError"); },
    () => ({ getItem: () => null, setItem: () => { throw new Error("QuotaExceededError"); } }),
  ];
  for (const [index, find] of refused.entries()) {
    const storage = guardedStorage(find);
    storage.setItem(`refused-${index}`, "kept");
    await written();
    assert.equal(guardedStorage(find).getItem(`refused-${index}`), "kept");
    assert.equal(storage.getItem("another"), null);
  }
  const stored = {};
  const works = guardedStorage(() => ({ getItem: (key) => stored[key] ?? null, setItem: (key, value) => (stored[key] = value) }));
  works.setItem("refused-0", "newest");
  works.setItem("refused-0", "newer");
  assert.deepEqual([stored, works.getItem("refused-0")], [{}, "newer"], "the answer goes on screen before anything is written");
  await written();
  assert.deepEqual([stored, works.getItem("refused-0")], [{ "refused-0": "newer" }, "newer"]);
});
