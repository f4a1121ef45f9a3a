// @ts-check
// A window of the room: each of its activities is a panel, as in Jupyter, connected to the room's server.

// @ts-ignore - the server builds it
import panel from "./panel.js";

const RETRY_MS = 700;
const texts = JSON.parse(document.querySelector("#page-data")?.textContent ?? "{}");
const status = /** @type {HTMLElement} */ (document.querySelector("#status"));
const role = document.body.dataset.role ?? "";
/** @type {Map<string, (answer: any) => void>} */
const receivers = new Map();
/** @type {string[]} */
let waiting = []; // messages from before the connection opened
let wasOpen = false; // whether the server has answered
let isBack = false; // whether this connection replaces one that was lost
/** @type {WebSocket} */
let socket;

function connect() {
  const address = new URL(`socket/${role}`, location.href); // relative to this page, because a proxy can add a path
  address.protocol = address.protocol.replace("http", "ws");
  address.search = address.hash = "";
  socket = new WebSocket(address);
  isBack = wasOpen;
  socket.addEventListener("open", () => {
    if (isBack) return; // perhaps only the proxy is back, and not yet the server
    wasOpen = true;
    for (const message of waiting) socket.send(message);
    waiting = [];
  });
  socket.addEventListener("message", ({ data }) => {
    if (isBack) return location.reload(); // the server is back, so load its current state
    const message = JSON.parse(data);
    if (message.part) receivers.get(message.part)?.(message.answer);
    else if (message.room) document.dispatchEvent(new CustomEvent("room", { detail: message.room }));
  });
  socket.addEventListener("close", () => {
    status.textContent = texts.asleep;
    status.hidden = !wasOpen; // don't show it before the first connection
    setTimeout(connect, RETRY_MS);
  });
}

/** @param {object} message */
function send(message) {
  const text = JSON.stringify(message);
  if (!wasOpen) waiting.push(text);
  else if (!isBack && socket.readyState === WebSocket.OPEN) socket.send(text);
  else throw new Error("not connected"); // the panel says so, and keeps the input
}

connect();
document.addEventListener("place", (event) => {
  if (!isBack && socket.readyState === WebSocket.OPEN) send({ scroll: /** @type {CustomEvent} */ (event).detail });
});
document.addEventListener("blank", (event) => send({ blank: /** @type {CustomEvent} */ (event).detail }));

for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-activity]"))) {
  const name = place.dataset.activity ?? "";
  /** @type {Set<(message: any, buffers: DataView[]) => void>} */
  const callbacks = new Set();
  /** @type {Record<string, unknown>} */
  const values = {
    html: place.innerHTML.replaceAll(`${name}-at-`, "§"),
    activity_id: name,
    storage_key: "", // the server keeps the input
    disconnected_text: texts.asleep,
    late_text: texts.late,
    not_saved_text: texts.not_saved,
    prefetch: true,
  };
  receivers.set(name, (answer) => {
    for (const callback of callbacks) callback(answer, []);
  });
  panel.render({
    model: {
      get: (/** @type {string} */ one) => values[one],
      on: (/** @type {string} */ _, /** @type {any} */ callback) => callbacks.add(callback),
      off: (/** @type {string} */ _, /** @type {any} */ callback) => callbacks.delete(callback),
      send: (/** @type {any} */ message) => send({ part: name, message }),
    },
    el: place,
  });
}
