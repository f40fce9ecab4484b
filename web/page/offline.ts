/** The service worker: keeps the page for when there is no network, and isolates it, so that WASM may use threads. */

const TRIED = "facefx-isolating";

/** Start the service worker; the first time, load the page again, so that its headers hold. Never settles where it does that. */
export async function startIsolated(): Promise<void> {
  if (!("serviceWorker" in navigator) || !import.meta.env.PROD) return;
  try {
    await navigator.serviceWorker.register("./serviceWorker.js");
    await navigator.serviceWorker.ready;
  } catch {
    return; // works without, while there is a network
  }
  if (crossOriginIsolated || sessionStorage.getItem(TRIED)) return;
  sessionStorage.setItem(TRIED, "once");
  location.reload();
  await new Promise(() => undefined);
}

/** Have everything kept; whether it is. */
export async function keepOffline(): Promise<boolean> {
  const worker = navigator.serviceWorker?.controller;
  if (!worker) return false;
  return new Promise((resolve) => {
    navigator.serviceWorker.addEventListener("message", ({ data }) => data === "kept" && resolve(true));
    worker.postMessage("keep");
  });
}
