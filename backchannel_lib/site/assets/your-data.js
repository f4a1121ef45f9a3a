// @ts-check
// The page on which readers view, download and delete what is saved in their browser.

import { savedFiles } from "./saved.js";

/** @type {(id: string) => any} */
const find = (id) => document.getElementById(id);
const texts = JSON.parse(find("saved-texts").textContent);
const files = savedFiles();

/** @param {string} [sentence] */
function show(sentence) {
  const names = Object.keys(files.all()).map((name) => name.replace(/\.json$/, "").replaceAll("_", " ")).sort();
  find("saved-now").textContent = sentence ?? (names.length ? texts.some.replace("{names}", () => names.join(", ")) : texts.none);
  find("saved-do").hidden = !names.length;
}

find("saved-export").addEventListener("click", () => {
  const link = document.createElement("a");
  const content = JSON.stringify({ backchannel: 1, files: files.all() }, null, 2);
  link.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  link.download = "backchannel-data.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});

find("saved-import").addEventListener("change", async (/** @type {any} */ event) => {
  const file = event.target.files[0];
  event.target.value = "";
  try {
    const record = JSON.parse(await file.text());
    const entries = Object.entries(record.files);
    const plain = entries.every(([name, text]) => /^[\w.-]+$/.test(name) && typeof text === "string");
    if (record.backchannel !== 1 || !plain) throw new Error("another file");
    files.keep(Object.fromEntries(entries));
    show(texts.opened);
  } catch {
    show(texts.bad_file);
  }
});

find("saved-delete").addEventListener("click", () => {
  files.clear();
  show(texts.deleted);
  find("saved-now").focus(); // the button, which has the focus, has nothing left to delete
});

files.onChange(() => show());
show();
