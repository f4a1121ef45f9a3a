// Starts Python from a built site's snapshot, as its worker does, and prints every activity's transcript.
// node site_transcripts.mjs ASSETS_FOLDER NAME ...

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";

const [assets, ...names] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${assets}/${name}`).href);
const { exchange } = await load("memory.js");
const { ENVIRONMENT } = await load("python.js");
const { loadPyodide } = await load("pyodide/pyodide.mjs");
const snapshot = new Uint8Array(gunzipSync(readFileSync(`${assets}/snapshot.bin`)));
exchange(snapshot, new Uint8Array(readFileSync(`${assets}/pyodide/pyodide.asm.wasm`)));
const instantiate = WebAssembly.instantiate;
WebAssembly.instantiate = async (source, imports) => {
  const result = await instantiate(source, imports);
  const memory = result.instance.exports.memory;
  const missing = Math.floor(snapshot.length / 65536) - memory.buffer.byteLength / 65536;
  if (missing > 0) memory.grow(missing);
  return result;
};
const options = { indexURL: `${assets}/pyodide/`, env: ENVIRONMENT, stdLibURL: `${assets}/nothing.zip`, _loadSnapshot: snapshot };
const python = await loadPyodide(options);
const open = python.globals.get("worker").open_by_name;
process.stdout.write(JSON.stringify(Object.fromEntries(names.map((name) => [name, open(name).transcript()]))), () => process.exit(0));
