/** The page: a photo or a camera, steps with their forms, and what comes of them. */

import "../../src/facefx/studio/page/style.css";
import "./style.css";
import { EFFECTS, type FaceFx, FacefxError, type Look, type ParsedPicture, type Step, load, readLook, savedLook, stepOf } from "../src/index";
import { Camera } from "./camera";
import { $, make, say } from "./dom";
import { keptNow, showFacts, sped, weigh } from "./facts";
import { formOf } from "./form";
import { keepOffline, startIsolated } from "./offline";
import { Stage } from "./stage";
import { LANGUAGES, type Word, keep, kept, language, named, speak, word } from "./words";

let facefx: FaceFx;
let picture: ParsedPicture | null = null;
let bitmap: ImageBitmap | null = null;
let made: ImageData | null = null;
let name = "photo";
let type = "image/png";
let camera: Camera | null = null;
let steps: Step[] = [];
const stage = new Stage();

const look = (): Look => ({ steps, seed: 0 });

// What is shown ---------------------------------------------------------------------------------------------------------------

function show(): void {
  document.body.classList.toggle("empty", !picture && !camera);
  $("welcome").hidden = Boolean(picture || camera);
  $("live-tools").hidden = !camera;
  for (const id of ["save", "compare"]) $<HTMLButtonElement>(id).disabled = !picture || Boolean(camera);
  $<HTMLButtonElement>("look-save").disabled = !steps.length;
  $("no-steps").hidden = steps.length > 0;
}

function showSteps(): void {
  $("chain").replaceChildren(
    ...steps.map((step, index) => {
      const remove = make("button", { class: "link", "aria-label": `${word("remove")}: ${named(step.use)}`, onclick: () => removed(index) }, word("remove"));
      const form = formOf(step, picture?.faces.length ?? 1, (key, value) => {
        steps = steps.map((one, at) => (at === index ? { use: one.use, params: { ...one.params, [key]: value } } : one));
        paint();
      });
      const note = EFFECTS[step.use].private ? make("p", { class: "soft small" }, word("unsure")) : null;
      return make("li", { class: "step", "data-use": step.use }, make("div", { class: "head" }, make("h3", {}, named(step.use)), remove), form, note);
    }),
  );
  show();
}

function showOffers(): void {
  const offers = Object.keys(EFFECTS).map((use) => make("button", { class: "offer", "data-use": use, onclick: () => added(use) }, named(use)));
  $("offers").replaceChildren(...offers);
}

function added(use: string): void {
  steps = [...steps, stepOf(use)];
  showSteps();
  paint();
}

function removed(index: number): void {
  steps = steps.filter((_, at) => at !== index);
  showSteps();
  $("offers").querySelector("button")?.focus();
  paint();
}

function busy(doing: Word | null): void {
  $("busy").hidden = !doing;
  if (!doing) return;
  $("doing").textContent = word(doing);
  say(word(doing));
}

function tell(text: string, isError = false): void {
  const notice = $("notice");
  notice.hidden = !text;
  notice.textContent = text;
  notice.dataset.kind = isError ? "error" : "";
}

// Work ------------------------------------------------------------------------------------------------------------------------

/** Paint the steps as they are now; of several calls meanwhile the last one counts. */
let isPainting = false;
let isStale = false;

async function paint(): Promise<void> {
  delete document.body.dataset.shown;
  if (!picture || camera) return;
  isStale = true;
  if (isPainting) return;
  isPainting = true;
  while (isStale && picture) {
    isStale = false;
    const painted: ParsedPicture = picture;
    const now = look();
    try {
      tell(painted.faces.length ? "" : word("noFaces"));
      if (now.steps.length) busy("working");
      const isHopeless = !painted.faces.length && !now.steps.some(({ use }) => EFFECTS[use].private); // what hides looks again itself
      const result: ImageData | null = now.steps.length && !isHopeless ? await painted.apply(now) : null;
      if (painted !== picture) continue;
      made = result;
      await stage.edit(result);
      if (!isStale) document.body.dataset.shown = JSON.stringify(now.steps);
    } catch (error) {
      failed(error);
    }
  }
  isPainting = false;
  busy(null);
}

function failed(error: unknown): void {
  tell(error instanceof Error ? error.message : String(error), true);
}

async function opened(blob: Blob, as: string): Promise<void> {
  stopCamera();
  tell("");
  busy("seeking");
  try {
    const decoded = await createImageBitmap(blob).catch(() => {
      throw new FacefxError(`${as} is no picture that the browser can open; JPEG, PNG, WebP and AVIF are allowed`);
    });
    await taken(decoded, as, blob.type);
  } catch (error) {
    failed(error);
  }
  busy(null);
}

async function taken(decoded: ImageBitmap, as: string, mime: string): Promise<void> {
  const parsed = await facefx.parse(decoded);
  await picture?.close();
  [picture, bitmap, made, name, type] = [parsed, decoded, null, as.replace(/\.[^.]*$/, ""), mime];
  stage.show(decoded);
  showSteps();
  if (parsed.faces.length) say(`${word("found")} ${parsed.faces.length}`);
  else tell(word("noFaces"));
  await paint();
}

async function saved(): Promise<void> {
  if (!bitmap) return;
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  if (made) context?.putImageData(made, 0, 0);
  else context?.drawImage(bitmap, 0, 0);
  const format = ["image/jpeg", "image/webp"].includes(type) ? type : "image/png";
  downloaded(await canvas.convertToBlob({ type: format, quality: 0.95 }), `${name}-facefx.${format.split("/")[1].replace("jpeg", "jpg")}`);
}

function downloaded(blob: Blob, as: string): void {
  const address = URL.createObjectURL(blob);
  make("a", { href: address, download: as }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

async function lookLoaded(file: File): Promise<void> {
  try {
    steps = [...readLook(await file.text()).steps];
    tell("");
    showSteps();
    await paint();
  } catch (error) {
    failed(error);
  }
}

async function startCamera(): Promise<void> {
  tell("");
  try {
    camera = await Camera.open();
  } catch (error) {
    tell(`${word("noCamera")} ${error instanceof Error ? error.message : error}`, true);
    return;
  }
  show();
  stage.show(camera.video);
  try {
    await camera.run(facefx, look, async (frame, perSecond) => {
      await stage.edit(frame);
      if (camera) sped(perSecond, camera.video);
    });
  } catch (error) {
    stopCamera();
    failed(error);
  }
}

function stopCamera(): void {
  camera?.stop();
  camera = null;
  showFacts();
  show();
  if (bitmap) stage.show(bitmap);
}

async function snapped(): Promise<void> {
  const still = await camera?.still();
  if (!still) return;
  stopCamera();
  busy("seeking");
  await taken(still, "camera", "image/png").catch(failed);
  busy(null);
}

// What is pressed -------------------------------------------------------------------------------------------------------------

function listen(): void {
  const on = (id: string, act: () => void): void => $(id).addEventListener("click", act);
  const file = $<HTMLInputElement>("file");
  const lookFile = $<HTMLInputElement>("look-file");
  for (const id of ["open", "choose"]) on(id, () => file.click());
  file.addEventListener("change", () => {
    const [chosen] = file.files ?? [];
    file.value = "";
    if (chosen) opened(chosen, chosen.name);
  });
  on("look-load", () => lookFile.click());
  lookFile.addEventListener("change", () => {
    const [chosen] = lookFile.files ?? [];
    lookFile.value = "";
    if (chosen) lookLoaded(chosen);
  });
  on("look-save", () => downloaded(new Blob([`${JSON.stringify(savedLook(look()), null, 2)}\n`], { type: "application/json" }), "look.json"));
  on("save", () => saved().catch(failed));
  on("shoot", startCamera);
  on("stop", stopCamera);
  on("snap", snapped);
  on("compare", () => {
    stage.comparing = !stage.comparing;
    $("compare").setAttribute("aria-pressed", String(stage.comparing));
  });
  window.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === "b" && !isTyping && !event.ctrlKey && !event.metaKey) stage.bare = true;
  });
  window.addEventListener("keyup", (event) => {
    if (event.key === "b") stage.bare = false;
  });
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    $("over").hidden = false;
  });
  window.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) $("over").hidden = true;
  });
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    $("over").hidden = true;
    const [dropped] = event.dataTransfer?.files ?? [];
    if (dropped?.name.endsWith(".json")) lookLoaded(dropped);
    else if (dropped) opened(dropped, dropped.name);
  });
  window.addEventListener("paste", (event) => {
    const [pasted] = event.clipboardData?.files ?? [];
    if (pasted) opened(pasted, pasted.name);
  });
}

function choices(): void {
  const languages = $<HTMLSelectElement>("language");
  const themes = $<HTMLSelectElement>("theme");
  const fill = (): void => {
    languages.replaceChildren(...Object.entries(LANGUAGES).map(([key, text]) => make("option", { value: key, selected: key === language }, text)));
    const theme = document.documentElement.dataset.theme ?? "system";
    const known: Word[] = ["system", "light", "dark"];
    themes.replaceChildren(...known.map((key) => make("option", { value: key, selected: key === theme }, word(key))));
  };
  const theme = kept("facefx-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  languages.addEventListener("change", () => {
    speak(languages.value);
    fill();
    showOffers();
    showSteps();
    showFacts();
  });
  themes.addEventListener("change", () => {
    keep("facefx-theme", themes.value);
    if (themes.value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = themes.value;
  });
  speak(language);
  fill();
}

async function start(): Promise<void> {
  choices();
  listen();
  showOffers();
  showSteps();
  busy("loading");
  try {
    await startIsolated();
    facefx = await load();
  } catch (error) {
    tell(`${word("noStart")} ${error instanceof Error ? error.message : error}`, true);
    busy(null);
    return;
  }
  busy(null);
  for (const id of ["open", "choose", "shoot"]) $<HTMLButtonElement>(id).disabled = false;
  $("provider").textContent = `${facefx.provider === "webgpu" ? "WebGPU" : `WebAssembly, ${facefx.threads} ×`}.`;
  document.body.dataset.ready = "";
  await weigh();
  if (await keepOffline()) {
    keptNow();
    document.body.dataset.kept = "";
  }
}

start();
