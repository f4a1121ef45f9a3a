// @ts-check
// A file that the reader opens, in the form sent to Python.

import { MOST_FILE_BYTES } from "./settings.js";

/**
 * Return a file's text. If it isn't UTF-8, as in an .xlsx or a file from an older spreadsheet, return the bytes as a data: URL,
 * so that Python can decode them without losing a character. A file that is too long is cut, and Python rejects it.
 * @param {Blob} file
 */
export async function contentOf(file) {
  const bytes = new Uint8Array(await file.slice(0, MOST_FILE_BYTES).arrayBuffer());
  try {
    if (!bytes.includes(0)) return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    // it isn't UTF-8
  }
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `data:;base64,${btoa(binary)}`;
}
