// @ts-check
// A page of the site: each of its activities is a panel, as in Jupyter, connected to Python in a worker.

// @ts-ignore - the build writes it
import panel from "./panel.js";
import { savedFiles } from "./saved.js";

/**
 * After this long without progress, start Python again, then double the limit. On a busy computer, WebKit sometimes stops
 * halfway through a start.
 */
const STALLED_MS = 30_000;

const page = JSON.parse(document.querySelector("#page-data")?.textContent ?? "{}");
const status = /** @type {HTMLElement} */ (document.querySelector("#status"));
const places = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-activity]")]);
/** @type {Map<string, (answer: any) => void>} */
const receivers = new Map();
let started = false;

/** @param {string} sentence */
function say(sentence) {
  status.textContent = sentence;
  status.hidden = !sentence;
}

// A printed page says where it came from.
for (const foot of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-address]"))) {
  foot.textContent = foot.dataset.address?.replace("{address}", () => location.origin + location.pathname) ?? "";
}

function startWorker() {
  const address = new URL("worker.js", import.meta.url).href;
  // A worker created from text inherits this page's content security policy; one loaded from a URL has none on most hosts.
  const text = new Blob([`import ${JSON.stringify(address)};`], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(text), { type: "module" });
  worker.addEventListener("error", () => failed());
  const plain = new URLSearchParams(location.search).has("plain"); // to compare with starting from the snapshot
  worker.postMessage({ type: "start", checksums: page.checksums, plain });
  return worker;
}

function failed() {
  document.documentElement.dataset.python = "failed";
  say(page.texts.failed);
}

/**
 * @param {HTMLElement} place
 * @param {(message: object) => void} send send a message to Python
 */
function open(place, send) {
  const name = place.dataset.activity ?? "";
  const key = `backchannel-${name}`;
  const html = place.innerHTML.replaceAll(`${name}-at-`, "§");
  /** @type {Set<(message: any, buffers: DataView[]) => void>} */
  const callbacks = new Set();
  const earlier = before(key);
  // Until Python answers, the screen shows the example instead of the reader's own case.
  if (earlier) place.dataset.waiting = "";
  /** @type {Record<string, unknown>} */
  const values = {
    html,
    activity_id: name,
    storage_key: key,
    // Messages to a worker don't get lost, so asking again would only delay a slow phone.
    answer_timeout: 60_000,
    restore_text: page.texts.restore,
    not_saved_text: page.texts.not_saved,
    prefetch: false, // answers are fast enough, and prefetching would only delay them
    restore_at_once: true,
    plotly_url: new URL("plotly.js", import.meta.url).href,
  };
  /** @type {Record<string, () => string>} */
  const sentences = {
    disconnected_text: () => page.texts[started ? "stopped" : "starting"],
    late_text: () => page.texts[started ? "late" : "starting"],
  };
  const model = {
    get: (/** @type {string} */ one) => sentences[one]?.() ?? values[one],
    on: (/** @type {string} */ _, /** @type {any} */ callback) => callbacks.add(callback),
    off: (/** @type {string} */ _, /** @type {any} */ callback) => callbacks.delete(callback),
    send: (/** @type {any} */ message) => {
      if (!started && message.type !== "hello" && message.type !== "prefetch") {
        place.dataset.waiting = "";
        say(page.texts.starting);
      }
      send({ type: "message", name, message });
    },
  };
  receivers.set(name, (answer) => {
    for (const callback of callbacks) callback(answer, []);
    const root = place.firstElementChild;
    if (root instanceof HTMLElement && !("pending" in root.dataset)) {
      delete place.dataset.waiting;
      for (const part of [place, ...parts(place)]) part.style.removeProperty("min-height");
    }
  });
  panel.render({ model, el: place });
  if (earlier) reserve(place, name);
}

/** @param {string} key */
function before(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {HTMLElement} place */
function parts(place) {
  return /** @type {HTMLElement[]} */ ([...place.querySelectorAll("[data-fragment]:not(.bw-strip *)")]);
}

/**
 * Reserve the space that an activity's parts took up when the reader left the page, so that nothing jumps when the answer
 * arrives.
 * @param {HTMLElement} place
 * @param {string} name
 */
function reserve(place, name) {
  const { width, heights, whole } = JSON.parse(before(`${name}-heights`) ?? "{}");
  if (width !== innerWidth) return;
  place.style.minHeight = `${whole}px`;
  for (const part of parts(place)) {
    const height = heights[part.dataset.fragment ?? ""];
    if (height) part.style.minHeight = `${height}px`;
  }
}

/** @param {HTMLElement} place */
function remember(place) {
  const heights = Object.fromEntries(parts(place).map((one) => [one.dataset.fragment, one.offsetHeight]));
  try {
    sessionStorage.setItem(`${place.dataset.activity}-heights`, JSON.stringify({ width: innerWidth, heights, whole: place.offsetHeight }));
  } catch {
    // A private window stores nothing, so there is nothing to restore.
  }
}

function run() {
  const files = savedFiles();
  /** @type {object[]} */
  const sent = []; // before Python was ready; it gets them again if it is started again
  /** @type {Worker} */
  let worker;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let stalled;
  let limit = STALLED_MS;

  /** @param {object} message */
  function send(message) {
    if (!started) sent.push(message);
    worker.postMessage(message);
  }

  function startAgain() {
    limit *= 2;
    worker.terminate();
    start();
    for (const message of sent) worker.postMessage(message);
  }

  function start() {
    const mine = startWorker();
    worker = mine;
    stalled = setTimeout(startAgain, limit);
    worker.addEventListener("message", ({ data }) => {
      if (mine !== worker) return;
      if (!started) clearTimeout(stalled);
      if (data.type === "progress") stalled = setTimeout(startAgain, limit);
      else if (data.type === "answer") receivers.get(data.name)?.(data.answer);
      else if (data.type === "files") files.keep(data.files);
      else if (data.type === "failed") failed();
      else if (data.type === "ready") {
        started = true;
        sent.length = 0;
        say("");
        Object.assign(document.documentElement.dataset, { python: data.how, took: String(Math.round(data.took)) });
      }
    });
  }

  start();
  send({ type: "files", files: files.all() });
  files.onChange((changed) => send({ type: "files", files: changed }));
  for (const place of places) open(place, send);
  addEventListener("pagehide", (event) => {
    if (started) places.forEach(remember);
    if (!event.persisted) worker.terminate();
  });
}

// Print a blank for a guess that the reader hasn't made, because the control's starting value would look like an answer.
const order = () => document.querySelector(".bw-order")?.textContent;
const firstOrder = order();
addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll(".bw-guess")) {
    const start = [...one.querySelectorAll("input")].every((input) => input.value === input.defaultValue);
    const answers = [...(one.closest(".bw")?.querySelectorAll('[data-fragment^="told"], [data-fragment="compared"], [data-fragment="tally"]') ?? [])];
    const next = answers.find((answer) => one.compareDocumentPosition(answer) & Node.DOCUMENT_POSITION_FOLLOWING);
    one.toggleAttribute("data-unmade", start && !next?.hasChildNodes() && (one.matches(".bw-slide") || order() === firstOrder));
  }
});

// The charts' colors follow the browser's color scheme.
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => document.body.setAttribute("data-jp-theme-name", dark.matches ? "dark" : "light");
dark.addEventListener("change", theme);

if (places.length) run();
if ("serviceWorker" in navigator && page.worker) {
  const register = () => navigator.serviceWorker.register(page.worker).catch(() => {}); // private windows may not allow it
  // Register after Python has loaded, so that its files come from the browser's cache instead of loading twice.
  const wait = setInterval(() => {
    if (places.length && !document.documentElement.dataset.python) return;
    clearInterval(wait);
    register();
  }, 250);
}
