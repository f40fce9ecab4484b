// What takes longer: a film, many photos, the camera. Each in a dialog of its own, with progress, and cancelled when that is closed.

import * as api from "./api.js";
import { make, PICTURES } from "./dom.js";
import { decimal, word } from "./words.js";

export function film({ steps, choose, dialog, complain }) {
  const bar = make("progress", { max: 1, value: 0, hidden: true, "aria-label": word("film") }), told = make("p", { role: "status", class: "soft" });
  const stop = new AbortController();
  let id = null;
  const run = async (file) => {
    go.hidden = true; bar.hidden = cancel.hidden = false;
    const uploading = (share) => { bar.value = share; told.textContent = `${word("uploading")} ${Math.round(100 * share)} %`; };
    ({ id } = await api.upload(`films?name=${encodeURIComponent(file.name)}`, file, uploading, stop.signal));
    let state = await api.sendJson(`films/${id}/start`, { steps: steps() });
    while (!state.finished && !stop.signal.aborted) {
      await new Promise((done) => setTimeout(done, 500));
      state = await api.getJson(`films/${id}`);
      if (state.total) bar.value = state.done / state.total; else bar.removeAttribute("value");
      told.textContent = `${state.done}${state.total ? ` ${word("of")} ${state.total}` : ""} ${word("frames")}`;
    }
    if (state.problem) throw new api.Problem(state.problem);
    told.textContent = [word("done"), ...state.notes].join(". ");
    cancel.replaceWith(make("a", { class: "button main", href: `/studio/api/films/${id}/file`, download: state.name }, word("download")));
  };
  const go = make("button", { type: "button", class: "main", onclick: async () => {
    const [file] = await choose("video/*", false);
    if (!file) return;
    try { await run(file); } catch (error) { if (!stop.signal.aborted) { shown.close(); complain(error); } }
  } }, word("chooseFilm"));
  const cancel = cancelling(() => shown.close());
  const shown = dialog(word("film"), make("p", { class: "soft" }, word("filmHint")), bar, told, make("p", { class: "row end" }, cancel, go));
  offer(steps, told, go);
  shown.addEventListener("close", () => {
    const minutes = cancel.isConnected ? 0 : 30; // one that is done may be on its way to the disk
    stop.abort();
    if (id) setTimeout(() => api.remove(`films/${id}`), 60000 * minutes);
  }, { once: true });
}

export function folder({ steps, choose, dialog, complain }) {
  const bar = make("progress", { max: 1, value: 0, hidden: true, "aria-label": word("folder") }), told = make("p", { role: "status", class: "soft" });
  let stopped = false;
  const run = async (files) => {
    const pictures = files.filter((file) => /\.(jpe?g|jfif|png|webp|tiff?|bmp|avif|heic|heif)$/i.test(file.name));
    if (!pictures.length) { if (files.length) told.textContent = word("noPictures"); return; }
    choosing.hidden = true; bar.hidden = cancel.hidden = false;
    let id = null, failed = 0;
    try {
      ({ id } = await api.sendJson("folders", { steps: steps() }));
      for (const [place, file] of pictures.entries()) {
        const record = await api.sendBytes(`folders/${id}?name=${encodeURIComponent(file.webkitRelativePath || file.name)}`, file);
        if (stopped) return;
        failed += record.status === "failed" ? 1 : 0;
        bar.value = (place + 1) / pictures.length;
        told.textContent = `${place + 1} ${word("of")} ${pictures.length}${failed ? `, ${failed} ${word("failed")}` : ""}`;
      }
      api.hand_over(await api.getFile(`folders/${id}/file`));
      told.textContent += `. ${word("done")}.`;
      cancel.hidden = true;
    } catch (error) { if (!stopped) { shown.close(); complain(error); } }
    finally { if (id) api.remove(`folders/${id}`); }
  };
  const choosing = make("p", { class: "row end" },
    make("button", { type: "button", onclick: async () => run(await choose("", true, true)) }, word("chooseTree")),
    make("button", { type: "button", class: "main", onclick: async () => run(await choose(PICTURES, true)) }, word("chooseFolder")));
  const cancel = cancelling(() => shown.close());
  const shown = dialog(word("folder"), make("p", { class: "soft" }, word("folderHint")), bar, told, choosing, make("p", { class: "row end" }, cancel));
  offer(steps, told, ...choosing.children);
  shown.addEventListener("close", () => { stopped = true; }, { once: true });
}

// Nobody uploads a film to hear only then that there is nothing to do.
function offer(steps, told, ...buttons) {
  if (steps().some((step) => step.on)) return;
  told.textContent = word("nothingToDo");
  for (const button of buttons) button.disabled = true;
}

const cancelling = (onclick) => make("button", { type: "button", class: "cancel", hidden: true, onclick }, word("stop"));

export async function camera({ steps, dialog, openFiles, complain }) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 } } });
  } catch (error) { complain(new Error(`${word("noCamera")}: ${error.message}`)); return; }
  const video = make("video", { playsinline: true }), taken = document.createElement("canvas"), view = make("canvas", { class: "live", role: "img", "aria-label": word("live") });
  const rate = make("p", { class: "soft", id: "rate" });
  video.muted = true;
  video.srcObject = stream;
  let open = true;
  const frame = (quality) => new Promise((done) => {
    taken.width = video.videoWidth; taken.height = video.videoHeight;
    taken.getContext("2d").drawImage(video, 0, 0);
    taken.toBlob(done, "image/jpeg", quality);
  });
  const snap = make("button", { type: "button", class: "main", id: "snap", onclick: async () => { const blob = await frame(0.95); shown.close(); openFiles([new File([blob], "camera.jpg", { type: "image/jpeg" })]); } }, word("snap"));
  const shown = dialog(word("live"), view, make("p", { class: "row end" }, rate, snap));
  shown.addEventListener("close", () => { open = false; for (const track of stream.getTracks()) track.stop(); }, { once: true });
  let id;
  try {
    await video.play();
    ({ id } = await api.sendJson("cameras", {}));
    await api.putJson(`cameras/${id}`, { steps: steps() });
    const moments = [];
    while (open) {
      const picture = await createImageBitmap(await api.sendBytesForBlob(`cameras/${id}`, await frame(0.85)));
      if (!open) break;
      view.width = picture.width; view.height = picture.height;
      view.getContext("2d").drawImage(picture, 0, 0);
      moments.push(performance.now());
      if (moments.length > 12) moments.shift();
      if (moments.length > 2) rate.textContent = `${decimal(1000 * (moments.length - 1) / (moments.at(-1) - moments[0]), 1)} ${word("perSecond")}`;
    }
  } catch (error) { if (open) { shown.close(); complain(error); } }
  if (id) api.remove(`cameras/${id}`);
}
