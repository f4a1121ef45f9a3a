// @ts-check
// Python in a worker: started from the snapshot, or, if that fails for any reason, in the ordinary way.

import { exchange } from "./memory.js";
import { loadPyodide } from "./pyodide/pyodide.mjs";
import { ENVIRONMENT, LIBRARY_FOLDER } from "./python.js";

const base = new URL(".", import.meta.url).href;
const indexURL = `${base}pyodide/`;
const files = JSON.parse(new URL(import.meta.url).searchParams.get("files") ?? "{}"); // SHA-256 of each file, by name

/** @type {(name: string) => Promise<Uint8Array>} */
async function bytesOf(name) {
  const answer = await fetch(base + name);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  // Browsers have checksums only on pages that came over https, or from this computer.
  if (crypto.subtle && files[name]) {
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = [...sum].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    if (hex !== files[name]) throw new Error(`${name}: damaged on its way here`);
  }
  return bytes;
}

/** @type {(packed: Uint8Array) => Promise<Uint8Array>} */
async function unpacked(packed) {
  const stream = new Blob([/** @type {any} */ (packed)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Make room for a snapshot: Pyodide puts it into memory of the size that WebAssembly starts with, which may be too small.
 * @param {number} bytes
 */
function makeRoom(bytes) {
  const instantiate = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (source, imports) => {
    WebAssembly.instantiateStreaming = instantiate;
    const result = await instantiate(source, imports);
    const memory = /** @type {WebAssembly.Memory} */ (result.instance.exports.memory);
    const missing = Math.floor(bytes / 65536) - memory.buffer.byteLength / 65536;
    if (missing > 0) memory.grow(missing);
    return result;
  };
}

async function startFromSnapshot() {
  const [packed, wasm] = await Promise.all([bytesOf("snapshot.bin"), bytesOf("pyodide/pyodide.asm.wasm")]);
  const snapshot = await unpacked(packed);
  exchange(snapshot, wasm);
  makeRoom(snapshot.length);
  // Everything that the pages use is in the snapshot, so no library is installed: the address of one without content.
  return loadPyodide({ indexURL, env: ENVIRONMENT, stdLibURL: `${base}nothing.zip`, _loadSnapshot: snapshot });
}

async function startPlainly() {
  const [python, library] = await Promise.all([loadPyodide({ indexURL, env: ENVIRONMENT }), bytesOf("library.zip")]);
  python.unpackArchive(library, "zip", { extractDir: LIBRARY_FOLDER });
  python.runPython(`import sys; sys.path.insert(0, "${LIBRARY_FOLDER}"); from backchannel_lib.site import worker`);
  return python;
}

async function start() {
  const begun = performance.now();
  const plain = new URL(import.meta.url).searchParams.has("plain");
  let how = plain ? "plain" : "snapshot";
  let python;
  try {
    python = await (plain ? startPlainly() : startFromSnapshot());
    python.runPython("worker.answers, worker.restore_files"); // it is what it should be
  } catch (error) {
    if (plain) throw error;
    console.warn("Python starts without its snapshot:", error);
    how = "plain";
    python = await startPlainly();
  }
  const worker = python.globals.get("worker");
  return { answers: worker.answers, restoreFiles: worker.restore_files, changedFiles: worker.changed_files, how, took: performance.now() - begun };
}

const starting = start();
starting.then(
  ({ how, took }) => postMessage({ type: "ready", how, took }),
  (error) => postMessage({ type: "failed", error: String(error) }),
);

// One after the other, in the order in which they were sent.
let last = /** @type {Promise<unknown>} */ (starting);
addEventListener("message", ({ data }) => {
  last = last.then(() => take(data)).catch((error) => console.error(error));
});

/** @param {{ type: "files", files: Record<string, string | null> } | { type: "message", name: string, message: object }} data */
async function take(data) {
  const { answers, restoreFiles, changedFiles } = await starting;
  if (data.type === "files") {
    restoreFiles(JSON.stringify(data.files));
    return;
  }
  for (const answer of answers(data.name, JSON.stringify(data.message))) postMessage({ type: "answer", name: data.name, answer });
  const changed = changedFiles();
  if (changed !== "{}") postMessage({ type: "files", files: JSON.parse(changed) });
}
