// The WebAssembly instance that a snapshot is restored into.

import assert from "node:assert/strict";
import { test } from "node:test";

import { instantiateWithRoom } from "../../backchannel_lib/site/assets/memory.js";

const PAGE = 65536;
const name = [...new TextEncoder().encode("memory")];
const MEMORY_SECTION = [5, 3, 1, 0, 1]; // one page to begin with
const EXPORT_SECTION = [7, name.length + 4, 1, name.length, ...name, 2, 0];
const WASM = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, ...MEMORY_SECTION, ...EXPORT_SECTION]);

test("the next instance has room for the snapshot, even if the browser never finishes its own instantiation", { timeout: 5000 }, async () => {
  const real = WebAssembly.instantiate;
  try {
    WebAssembly.instantiate = () => new Promise(() => {}); // as WebKit sometimes does on a busy computer
    instantiateWithRoom(new WebAssembly.Module(WASM), 3 * PAGE + 100);
    const { instance } = await WebAssembly.instantiate(WASM, {});
    assert.equal(instance.exports.memory.buffer.byteLength, 3 * PAGE);
  } finally {
    WebAssembly.instantiate = real;
  }
});

test("only the next instance is different", async () => {
  instantiateWithRoom(new WebAssembly.Module(WASM), 2 * PAGE);
  await WebAssembly.instantiate(WASM, {});
  const { instance } = await WebAssembly.instantiate(WASM, {});
  assert.equal(instance.exports.memory.buffer.byteLength, PAGE);
});
