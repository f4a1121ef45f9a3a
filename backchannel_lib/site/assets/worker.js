// @ts-check
// Python in a worker: it starts from the snapshot or, if that fails for any reason, the normal way.

import { exchange, instantiateWithRoom } from "./memory.js";
// @ts-ignore - the build adds it
import { loadPyodide } from "./pyodide/pyodide.mjs";
import { ENVIRONMENT, LIBRARY_FOLDER } from "./python.js";

const PAUSE_MS = 40; // how long to wait for another message before building a deferred answer
const MOST_PAUSE_MS = 250; // the longest wait while messages keep coming

const base = new URL(".", import.meta.url).href;
const indexURL = `${base}pyodide/`;

/** @typedef {Record<string, string>} Checksums SHA-256 of files, by name */

/** Tell the page that Python is still starting; if it hears nothing for a while, it starts another worker. */
function progress() {
  postMessage({ type: "progress" });
}

/** @type {(name: string, checksums: Checksums) => Promise<Uint8Array<ArrayBuffer>>} */
async function bytesOf(name, checksums) {
  const answer = await fetch(base + name);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  // Browsers provide crypto.subtle only on pages from https or from this computer.
  if (crypto.subtle) {
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = [...sum].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    if (hex !== checksums[name]) throw new Error(`${name}: damaged on its way here`);
  }
  return bytes;
}

/** @type {(packed: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>} */
async function unpacked(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @param {Checksums} checksums */
async function startFromSnapshot(checksums) {
  const wasm = bytesOf("pyodide/pyodide.asm.wasm", checksums);
  const unpacking = bytesOf("snapshot.bin", checksums).then(unpacked);
  const compiling = wasm.then((bytes) => (progress(), WebAssembly.compile(bytes)));
  const [snapshot, module] = await Promise.all([unpacking, compiling]);
  progress();
  exchange(snapshot, await wasm);
  instantiateWithRoom(module, snapshot.length);
  // The snapshot has everything that the pages use, so the library's URL points to nothing.
  const python = await loadPyodide({ indexURL, env: ENVIRONMENT, stdLibURL: `${base}nothing.zip`, _loadSnapshot: snapshot });
  python.runPython("worker.forget_archive()");
  return python;
}

/** @param {Checksums} checksums */
async function startPlainly(checksums) {
  const [python, library] = await Promise.all([loadPyodide({ indexURL, env: ENVIRONMENT }), bytesOf("library.zip", checksums)]);
  progress();
  python.unpackArchive(library, "zip", { extractDir: LIBRARY_FOLDER });
  python.runPython(`import sys; sys.path.insert(0, "${LIBRARY_FOLDER}"); from backchannel_lib.site import worker`);
  return python;
}

/**
 * @param {Checksums} checksums
 * @param {boolean} plain
 */
async function start(checksums, plain) {
  const begun = performance.now();
  let how = plain ? "plain" : "snapshot";
  let python;
  try {
    python = await (plain ? startPlainly(checksums) : startFromSnapshot(checksums));
    python.runPython("worker.answers, worker.deferred, worker.restore_files"); // check that it is complete
  } catch (error) {
    if (plain) throw error;
    console.warn("Python starts without its snapshot:", error);
    how = "plain";
    progress();
    python = await startPlainly(checksums);
  }
  const worker = python.globals.get("worker");
  postMessage({ type: "ready", how, took: performance.now() - begun });
  const { answers, deferred } = worker;
  return { answers, deferred, restoreFiles: worker.restore_files, changedFiles: worker.changed_files };
}

/**
 * @typedef {{ type: "start", checksums: Checksums, plain: boolean }} StartMessage the first of all
 * @typedef {{ type: "files", files: Record<string, string | null> }} FilesMessage
 * @typedef {{ type: "message", name: string, message: object }} ActivityMessage
 */

/** @type {Awaited<ReturnType<typeof start>>} */
let python;
let last = Promise.resolve(); // messages are processed one at a time, in order
let failed = false;
/** @type {Set<string>} */
const pendingDeferred = new Set(); // activities whose deferred answers haven't been built
let since = 0; // when the first of them was added
/** @type {ReturnType<typeof setTimeout> | undefined} */
let pause;

addEventListener("message", ({ data }) => {
  last = last.then(() => (failed ? undefined : take(data))).catch((error) => {
    failed = data.type === "start";
    if (failed) postMessage({ type: "failed" });
    console.error(error);
  });
});

/** @param {StartMessage | FilesMessage | ActivityMessage} data */
async function take(data) {
  if (data.type === "start") {
    python = await start(data.checksums, data.plain);
    return;
  }
  if (data.type === "files") {
    python.restoreFiles(JSON.stringify(data.files));
    return;
  }
  post(python.answers(data.name, JSON.stringify(data.message)));
  keepFiles();
  defer(data.name);
}

/**
 * Build a deferred answer once no message has come for a moment, because it takes Python longer than a first answer.
 * @param {string} name of its activity
 */
function defer(name) {
  const now = performance.now();
  if (!pendingDeferred.size) since = now;
  pendingDeferred.add(name);
  clearTimeout(pause);
  pause = setTimeout(sendDeferred, Math.min(PAUSE_MS, since + MOST_PAUSE_MS - now));
}

function sendDeferred() {
  const [name] = pendingDeferred;
  pendingDeferred.delete(name);
  if (pendingDeferred.size) pause = setTimeout(sendDeferred); // a message in between is processed first
  try {
    post(python.deferred(name));
    keepFiles();
  } catch (error) {
    console.error(error);
  }
}

/** @param {Iterable<string>} answers as JSON, each built on request */
function post(answers) {
  for (const answered of answers) {
    const [name, answer] = JSON.parse(answered);
    postMessage({ type: "answer", name, answer });
  }
}

function keepFiles() {
  const changed = python.changedFiles();
  if (changed !== "{}") postMessage({ type: "files", files: JSON.parse(changed) });
}
