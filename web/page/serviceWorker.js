// Keeps the page for when there is no network, and gives each answer the headers that a static host cannot:
// nothing but the page's own files may be loaded, and the page is isolated, so that WASM may use threads.

const CACHE = `facefx-${__VERSION__}`;
const FILES = __FILES__; // all but WebGPU's runtime and the network in floats, which are kept once they were used
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; " +
  "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'";

addEventListener("install", (event) => event.waitUntil(skipWaiting()));

addEventListener("activate", (event) =>
  event.waitUntil(
    (async () => {
      const old = (await caches.keys()).filter((name) => name.startsWith("facefx-") && name !== CACHE);
      await Promise.all(old.map((name) => caches.delete(name)));
      await clients.claim();
    })(),
  ),
);

// The page asks for it once it works, so that the first photo does not wait for it.
addEventListener("message", (event) => {
  if (event.data !== "keep") return;
  event.waitUntil(keepAll().then(() => event.source.postMessage("kept"), () => undefined));
});

async function keepAll() {
  const cache = await caches.open(CACHE);
  for (const file of FILES) {
    const address = new URL(file, registration.scope);
    if (!(await cache.match(address))) await cache.add(new Request(address, { cache: "no-cache" }));
  }
}

addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(registration.scope)) event.respondWith(answer(new URL(url)));
});

async function answer(address) {
  address.search = "";
  address.hash = "";
  if (address.href === registration.scope) address.pathname += "index.html";
  const cache = await caches.open(CACHE);
  let kept = await cache.match(address);
  if (!kept) {
    kept = await fetch(address, { cache: "no-cache" });
    if (kept.ok) await cache.put(address, kept.clone());
  }
  const headers = new Headers(kept.headers);
  headers.set("Content-Security-Policy", POLICY);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  return new Response(kept.body, { status: kept.status, statusText: kept.statusText, headers });
}
