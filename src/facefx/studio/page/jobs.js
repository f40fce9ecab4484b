// What takes longer: a film, many photos, the camera. Each in a dialog of its own, with progress, and cancelled when that is closed.

import * as api from "./api.js";
import { make } from "./dom.js";
import { word } from "./words.js";

export function film({ steps, choose, dialog, complain }) {
  const bar = make("progress", { max: 1, value: 0, hidden: true, "aria-label": word("film") }), told = make("p", { role: "status", class: "soft" });
  let id = null, stopped = false;
  const go = make("button", { type: "button", class: "main", onclick: async () => {
    const [file] = await choose("video/*", false);
    if (!file) return;
    go.disabled = true; bar.hidden = false;
    try {
      ({ id } = await api.upload(`films?name=${encodeURIComponent(file.name)}`, file, (share) => { bar.value = share; told.textContent = `${word("uploading")} ${Math.round(100 * share)} %`; }));
      let state = await api.sendJson(`films/${id}/start`, { steps: steps() });
      while (!state.finished && !stopped) {
        await new Promise((done) => setTimeout(done, 500));
        state = await api.getJson(`films/${id}`);
        if (state.total) bar.value = state.done / state.total; else bar.removeAttribute("value");
        told.textContent = `${state.done}${state.total ? ` ${word("of")} ${state.total}` : ""} ${word("frames")}`;
      }
      if (stopped) return;
      if (state.problem) throw new api.Problem(state.problem);
      told.textContent = [word("done"), ...state.notes].join(". ");
      go.replaceWith(make("a", { class: "button main", href: `/studio/api/films/${id}/file`, download: state.name }, word("download")));
    } catch (error) { shown.close(); complain(error); }
  } }, word("chooseFilm"));
  const shown = dialog(word("film"), make("p", { class: "soft" }, word("filmHint")), bar, told, make("p", { class: "row end" }, go));
  shown.addEventListener("close", () => { stopped = true; if (id) setTimeout(() => api.remove(`films/${id}`), 60000 * (bar.value === 1 ? 30 : 0)); }, { once: true });
}

export function folder({ steps, choose, dialog, complain }) {
  const bar = make("progress", { max: 1, value: 0, hidden: true, "aria-label": word("folder") }), told = make("p", { role: "status", class: "soft" });
  let stopped = false;
  const run = async (files) => {
    const pictures = files.filter((file) => /\.(jpe?g|jfif|png|webp|tiff?|bmp|avif|heic|heif)$/i.test(file.name));
    if (!pictures.length) return;
    buttons.hidden = true; bar.hidden = false;
    try {
      const { id } = await api.sendJson("folders", { steps: steps() });
      let failed = 0;
      for (const [place, file] of pictures.entries()) {
        if (stopped) { api.remove(`folders/${id}`); return; }
        const record = await api.sendBytes(`folders/${id}?name=${encodeURIComponent(file.webkitRelativePath || file.name)}`, file);
        failed += record.status === "failed" ? 1 : 0;
        bar.value = (place + 1) / pictures.length;
        told.textContent = `${place + 1} ${word("of")} ${pictures.length}${failed ? `, ${failed} ${word("failed")}` : ""}`;
      }
      if (!stopped) api.hand_over(await api.getFile(`folders/${id}/file`));
      told.textContent += `. ${word("done")}.`;
    } catch (error) { shown.close(); complain(error); }
  };
  const buttons = make("p", { class: "row end" },
    make("button", { type: "button", onclick: async () => run(await choose("", true, true)) }, word("chooseTree")),
    make("button", { type: "button", class: "main", onclick: async () => run(await choose("image/*,.heic,.avif", true)) }, word("chooseFolder")));
  const shown = dialog(word("folder"), make("p", { class: "soft" }, word("folderHint")), bar, told, buttons);
  shown.addEventListener("close", () => { stopped = true; }, { once: true });
}

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
      if (moments.length > 2) rate.textContent = `${(1000 * (moments.length - 1) / (moments.at(-1) - moments[0])).toFixed(1)} ${word("perSecond")}`;
    }
  } catch (error) { shown.close(); complain(error); }
  if (id) api.remove(`cameras/${id}`);
}
