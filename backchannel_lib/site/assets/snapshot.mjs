// @ts-check
// Compiles the library for the browser's Python, imports and reads everything, and writes Python's memory to a file.
// node snapshot.mjs PYODIDE_FOLDER SOURCE.zip LIBRARY_OUT.zip SNAPSHOT_OUT.bin

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { exchange } from "./memory.js";
import { ENVIRONMENT, LIBRARY_FOLDER } from "./python.js";

process.on("uncaughtException", (error) => {
  console.error(error.message); // not the stack, which would include a minified line
  process.exit(1);
});
const [pyodideFolder, sourceFile, libraryOut, snapshotOut] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}/pyodide.mjs`).href);
const start = (/** @type {object} */ options) => loadPyodide({ indexURL: `${pyodideFolder}/`, env: ENVIRONMENT, ...options });

const compiler = await start({});
compiler.unpackArchive(new Uint8Array(readFileSync(sourceFile)), "zip", { extractDir: LIBRARY_FOLDER });
compiler.runPython(`
import compileall, pathlib, py_compile, zipfile
library = pathlib.Path("${LIBRARY_FOLDER}")
unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
if not compileall.compile_dir(library, quiet=1, legacy=True, optimize=2, stripdir=library, invalidation_mode=unchecked):
    raise SystemExit("The library could not be compiled for the browser.")
with zipfile.ZipFile("/library.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for path in sorted(library.rglob("*")):
        if path.is_file() and path.suffix != ".py":
            archive.writestr(zipfile.ZipInfo(path.relative_to(library).as_posix()), path.read_bytes(), zipfile.ZIP_DEFLATED)
`);
const library = compiler.FS.readFile("/library.zip");
writeFileSync(libraryOut, library);

const python = await start({ _makeSnapshot: true });
python.unpackArchive(library, "zip", { extractDir: LIBRARY_FOLDER });
python.runPython(`
import gc, re, sys
sys.path.insert(0, "${LIBRARY_FOLDER}")
from backchannel_lib.site import worker
worker.warm_up()
re.purge()
# What Python was built with: zoneinfo asks for it once, when it is imported.
import sysconfig
sys.modules.pop(sysconfig._get_sysconfigdata_name(), None)
sysconfig._CONFIG_VARS, sysconfig._CONFIG_VARS_INITIALIZED = None, False
del sysconfig
`);
stripDocs(python);
zeroFreeMemory(python._module);
const snapshot = python.makeMemorySnapshot();
exchange(snapshot, new Uint8Array(readFileSync(`${pyodideFolder}/pyodide.asm.wasm`)));
writeFileSync(snapshotOut, snapshot);
process.exit(0);

/**
 * Drop docstrings, line numbers and types, which are an eighth of the file. For a full traceback, add ?plain to a page's
 * address.
 * @param {any} python
 */
function stripDocs(python) {
  python.runPython(`
from types import CodeType, FunctionType, ModuleType
HAS_DOCSTRING = 0x4000000  # in co_flags
HEAP_TYPE, IMMUTABLE_TYPE = 1 << 9, 1 << 8  # in a type's __flags__
def bare(code):
    constants = [bare(one) if isinstance(one, CodeType) else one for one in code.co_consts]
    if code.co_flags & HAS_DOCSTRING:
        constants[0] = None
    return code.replace(co_consts=tuple(constants), co_linetable=b"", co_flags=code.co_flags & ~HAS_DOCSTRING)
for one in gc.get_objects():
    if isinstance(one, FunctionType):
        one.__code__ = bare(one.__code__)
        one.__annotate__ = None
        one.__annotations__ = None
    is_class = isinstance(one, type) and one.__flags__ & (HEAP_TYPE | IMMUTABLE_TYPE) == HEAP_TYPE
    if is_class and issubclass(one, tuple) and one.__module__.startswith("backchannel_lib."):  # a table's columns are known by now
        one.__annotate__ = None
        one.__annotations__ = {}
    if is_class or isinstance(one, (FunctionType, ModuleType)):
        one.__doc__ = None
import typing
for forget in typing._cleanups:
    forget()  # the types it has built once
del CodeType, FunctionType, ModuleType, HAS_DOCSTRING, HEAP_TYPE, IMMUTABLE_TYPE, bare, one, is_class, typing, forget
gc.collect()
`);
}

/**
 * Fill free memory with zeros, so that unused content doesn't add to the download.
 * @param {any} module Emscripten's
 */
function zeroFreeMemory(module) {
  const top = module._sbrk(0);
  const taken = [];
  for (let size = 1 << 15; size >= 32; size >>= 1) {
    for (;;) {
      const block = module._malloc(size);
      if (!block) break;
      taken.push(block);
      if (block + size > top) break; // new memory, not memory that was freed
      module.HEAPU8.fill(0, block, block + size);
    }
  }
  for (const block of taken) module._free(block);
}
