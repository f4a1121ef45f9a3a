// Starts Python from a built site's snapshot, as its worker does, and prints every activity's transcript.
// node site_transcripts.mjs ASSETS_FOLDER NAME ...

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";

const [assets, ...names] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${assets}/${name}`).href);
const { exchange, instantiateWithRoom } = await load("memory.js");
const { ENVIRONMENT } = await load("python.js");
const { loadPyodide } = await load("pyodide/pyodide.mjs");
const snapshot = new Uint8Array(gunzipSync(readFileSync(`${assets}/snapshot.bin`)));
const wasm = new Uint8Array(readFileSync(`${assets}/pyodide/pyodide.asm.wasm`));
exchange(snapshot, wasm);
instantiateWithRoom(await WebAssembly.compile(wasm), snapshot.length);
const options = { indexURL: `${assets}/pyodide/`, env: ENVIRONMENT, stdLibURL: `${assets}/nothing.zip`, _loadSnapshot: snapshot };
const python = await loadPyodide(options);
const open = python.globals.get("worker").open_by_name;
process.stdout.write(JSON.stringify(Object.fromEntries(names.map((name) => [name, open(name).transcript()]))), () => process.exit(0));
