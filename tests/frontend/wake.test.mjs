// The page that was asleep, tested with a clock of the test's own.

import assert from "node:assert/strict";
import { test } from "node:test";

import { SLEEP_MS, WAKE_TICK_MS } from "../../backchannel_lib/page/static/js/settings.js";
import { watchForSleep } from "../../backchannel_lib/page/static/js/wake.js";

/** A page that can be hidden. */
function page() {
  const place = new EventTarget();
  return Object.assign(place, { hidden: false, hide(hidden) { place.hidden = hidden; place.dispatchEvent(new Event("visibilitychange")); } });
}

/** Let time pass in steps, as it does on a computer that is awake. */
function pass(t, ticks) {
  for (let tick = 0; tick < ticks; tick += 1) t.mock.timers.tick(WAKE_TICK_MS);
}

test("while time passes as it should, nothing is asked; after a jump it is, once", (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "Date"] });
  let woke = 0;
  const watch = watchForSleep(() => (woke += 1), page());
  pass(t, 20);
  assert.equal(woke, 0);
  t.mock.timers.setTime(Date.now() + SLEEP_MS + 1); // the lid was closed: no timer ran
  t.mock.timers.tick(WAKE_TICK_MS);
  assert.equal(woke, 1);
  pass(t, 20);
  assert.equal(woke, 1);
  watch.dispose();
});

test("a page that comes in sight asks, one that is hidden does not", (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "Date"] });
  let woke = 0;
  const place = page();
  const watch = watchForSleep(() => (woke += 1), place);
  place.hide(true);
  t.mock.timers.setTime(Date.now() + 10 * SLEEP_MS);
  t.mock.timers.tick(WAKE_TICK_MS);
  assert.equal(woke, 0);
  place.hide(false);
  assert.equal(woke, 1);
  watch.dispose();
  place.hide(false);
  assert.equal(woke, 1);
});
