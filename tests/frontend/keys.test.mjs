// Which key is meant, on keyboards of other languages.

import assert from "node:assert/strict";
import { test } from "node:test";

import { keyName } from "../../backchannel_lib/page/static/js/events.js";

/** The key that an event means; codes name places on an American keyboard. */
const meant = (key, code, shiftKey = false) => keyName({ key, code, shiftKey });

test("on an American keyboard every key is itself", () => {
  assert.deepEqual(
    [meant("c", "KeyC"), meant("C", "KeyC", true), meant("1", "Digit1"), meant("1", "Numpad1"), meant("ArrowRight", "ArrowRight")],
    ["c", "c", "1", "1", "arrowright"],
  );
  assert.equal(meant("!", "Digit1", true), "!");
});

test("where the letters are others, the place of the key counts", () => {
  assert.deepEqual(["с", "з", "π", "ב", "م"].map((letter, at) => meant(letter, ["KeyC", "KeyP", "KeyP", "KeyC", "KeyL"][at])),
    ["c", "p", "p", "c", "l"]);
  for (const key of ["Process", "Dead", "Unidentified"]) assert.equal(meant(key, "KeyM"), "m");
});

test("a letter that is printed on a key counts wherever the key is", () => {
  assert.equal(meant("m", "Semicolon"), "m"); // French
  assert.equal(meant(",", "KeyM"), ",");
  assert.equal(meant("c", "KeyI"), "c"); // Dvorak
});

test("digits that need Shift are taken without it", () => {
  assert.deepEqual(["&", "é", "ç"].map((key, at) => meant(key, ["Digit1", "Digit2", "Digit9"][at])), ["1", "2", "9"]);
  assert.equal(meant("1", "Digit1", true), "1"); // Shift and the key beside it
});
