// @ts-check
// Stores the whole site in the browser on the first visit, so that later visits make no requests and work offline.
// The build fills in the version and the files' addresses.

const VERSION = "%VERSION%";
const FILES = /** @type {string[]} */ (JSON.parse('%FILES%'));
const CACHE = `backchannel-${VERSION}`;
const worker = /** @type {any} */ (globalThis);

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  const old = (/** @type {string} */ name) => name.startsWith("backchannel-") && name !== CACHE;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))).then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  event.respondWith(answer(request));
});

/** @param {Request} request */
async function answer(request) {
  const cache = await caches.open(CACHE);
  const address = new URL(request.url);
  if (address.pathname.endsWith("/")) address.pathname += "index.html";
  address.search = address.hash = "";
  const kept = await cache.match(address.href);
  // A host can redirect to index.html, and browsers don't accept a redirected response for a page.
  if (kept) return kept.redirected ? new Response(kept.body, { headers: kept.headers }) : kept;
  const fresh = await fetch(request);
  if (fresh.ok) await cache.put(address.href, fresh.clone()); // files that only some visits need, such as a start without the snapshot
  return fresh;
}
