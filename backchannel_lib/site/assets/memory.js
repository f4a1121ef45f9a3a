// @ts-check
// A memory snapshot is stored as its difference from the initial memory in the WebAssembly file, which the browser
// downloads anyway. That makes the download a quarter smaller.

const PAGE = 65536; // bytes: memory comes in pages of this size

/**
 * The bytes that a WebAssembly file puts into memory: [address, start in the file, length] of each data segment.
 * @param {Uint8Array} wasm
 * @returns {Generator<[number, number, number]>}
 */
export function* dataSegments(wasm) {
  let at = 8; // after the magic number and the version
  const number = () => {
    let [value, shift, byte] = [0, 0, 0];
    do {
      byte = wasm[at++];
      value += (byte & 127) * 2 ** shift;
      shift += 7;
    } while (byte & 128);
    return value;
  };
  while (at < wasm.length) {
    const section = wasm[at++];
    const end = number() + at;
    if (section === 11) {
      for (let count = number(); count > 0; count -= 1) {
        const kind = number(); // 0: at an address, 1: nowhere yet, 2: at an address of a named memory
        if (kind === 2) number();
        let address = -1;
        if (kind !== 1) {
          if (wasm[at++] !== 0x41) throw new Error("a data segment at no constant address"); // i32.const
          address = number();
          at += 1; // the end of the expression
        }
        const length = number();
        if (address >= 0) yield [address, at, length];
        at += length;
      }
    }
    at = end;
  }
}

/**
 * Turn a snapshot into its difference from a WebAssembly file's initial memory, or back: the operation is its own inverse.
 * @param {Uint8Array} snapshot changed in place
 * @param {Uint8Array} wasm
 */
export function exchange(snapshot, wasm) {
  const header = snapshot.length % PAGE;
  for (const [address, start, length] of dataSegments(wasm)) {
    for (let byte = 0; byte < length; byte += 1) snapshot[header + address + byte] ^= wasm[start + byte];
  }
}

/**
 * Make the next WebAssembly instance large enough for a snapshot: Pyodide restores it into memory of the initial size,
 * which can be too small.
 * @param {WebAssembly.Module} module the module to instantiate
 * @param {number} bytes the size of the snapshot
 */
export function instantiateWithRoom(module, bytes) {
  const { instantiate, instantiateStreaming } = WebAssembly;
  /** @type {(source: unknown, imports: WebAssembly.Imports) => Promise<WebAssembly.WebAssemblyInstantiatedSource>} */
  const once = async (_, imports) => {
    Object.assign(WebAssembly, { instantiate, instantiateStreaming });
    // Not `await WebAssembly.instantiate`: on a busy computer, WebKit sometimes never resolves that promise.
    const instance = new WebAssembly.Instance(module, imports);
    const memory = /** @type {WebAssembly.Memory} */ (instance.exports.memory);
    const missing = Math.floor(bytes / PAGE) - memory.buffer.byteLength / PAGE;
    if (missing > 0) memory.grow(missing);
    return { instance, module };
  };
  Object.assign(WebAssembly, { instantiate: once, instantiateStreaming: once }); // browsers use one, Node.js the other
}
