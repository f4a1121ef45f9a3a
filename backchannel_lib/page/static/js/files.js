// @ts-check
// A file that the reader opens, as it is sent to Python.

import { MOST_FILE_BYTES } from "./settings.js";

/**
 * The text of a file; where its bytes are no UTF-8, as in an .xlsx or in what older spreadsheets write, the bytes as a data: URL,
 * so that Python finds out what they are and no letter is lost. What is too long is cut off, and refused there for its length.
 * @param {Blob} file
 */
export async function contentOf(file) {
  const bytes = new Uint8Array(await file.slice(0, MOST_FILE_BYTES).arrayBuffer());
  try {
    if (!bytes.includes(0)) return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    // it is no UTF-8
  }
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `data:;base64,${btoa(binary)}`;
}
