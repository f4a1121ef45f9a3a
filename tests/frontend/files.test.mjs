// What is sent of a file that the reader opens.

import assert from "node:assert/strict";
import { test } from "node:test";

import { contentOf } from "../../backchannel_lib/page/static/js/files.js";
import { MOST_FILE_BYTES } from "../../backchannel_lib/page/static/js/settings.js";

test("a file in UTF-8 is sent as its text, with the mark at its start", async () => {
  assert.equal(await contentOf(new Blob(["\ufeffname\r\nZoë\r\n"])), "\ufeffname\r\nZoë\r\n");
  assert.equal(await contentOf(new Blob([])), "");
});

test("bytes that are no UTF-8 are sent as they are", async () => {
  assert.equal(await contentOf(new Blob([new Uint8Array([0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72])])), "data:;base64,TfxsbGVy");
  assert.equal(await contentOf(new Blob([new Uint8Array([0x6e, 0, 0x61, 0])])), "data:;base64,bgBhAA=="); // UTF-16
  const long = new Uint8Array(100_000).fill(0xff);
  assert.equal(atob((await contentOf(new Blob([long]))).split(",")[1]).length, 100_000);
});

test("of a file that is far too long only the beginning is sent", async () => {
  assert.equal((await contentOf(new Blob(["é".repeat(MOST_FILE_BYTES)]))).length, MOST_FILE_BYTES / 2);
});
