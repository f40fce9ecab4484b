// The studio: what is open, the chain of steps, and how the page shows both.

import * as api from "./api.js";
import { $, all, icon, make, say } from "./dom.js";
import { formOf } from "./form.js";
import { effectsFor, groupsIn } from "./groups.js";
import { camera, film, folder } from "./jobs.js";
import { Stage } from "./stage.js";
import { LANGUAGES, language, name, sentence, speak, word } from "./words.js";

const state = { catalog: null, pictures: [], current: null, steps: [], past: [], future: [], group: null, face: 0, tab: "edit" };
const CROSS = "m6 6 12 12M18 6 6 18", UP = "m6 14 6-6 6 6", DOWN = "m6 10 6 6 6-6";
let opened = new Set(); // which steps show their forms, by identity
let nextStep = 1;

const stage = new Stage({ onPart, onZoom: (percent) => { $("zoom-fit").textContent = `${percent} %`; }, needWindow });

// ---------------------------------------------------------------- opening

async function openFiles(files) {
  const chosen = [...files].filter((file) => file.size);
  if (!chosen.length) return;
  busy(true);
  clearNotice();
  for (const file of chosen) {
    try {
      const screen = Math.round(Math.min(Math.max(innerWidth, innerHeight) * (devicePixelRatio || 1), 1400));
      const picture = await api.sendBytes(`pictures?name=${encodeURIComponent(file.name || "photo.png")}&screen=${screen}`, file);
      picture.before = await image(await api.sendForBlob(`pictures/${picture.id}/preview`, { steps: [] }));
      picture.parts = await image(await api.getBlob(`pictures/${picture.id}/parts.png`));
      state.pictures.push(picture);
      await show(picture);
    } catch (error) { complain(error); }
  }
  busy(false);
}

async function show(picture) {
  state.current = picture;
  document.body.classList.toggle("empty", !picture);
  $("welcome").hidden = Boolean(picture);
  $("save").disabled = !picture;
  strip();
  if (!picture) { stage.before = null; stage.draw(); $("parts").replaceChildren(); $("offers").replaceChildren(); return; }
  stage.show({ width: picture.width, height: picture.height }, picture.before, picture.parts);
  picture.groups ??= groupsIn(picture.classes, stage.seen);
  state.face = 0;
  chooseGroup(picture.groups.find((one) => one.key === state.group?.key) || null, 0);
  showParts();
  showSteps();
  if (!picture.faces.length) notice(word("noFaces"));
  else { clearNotice(); say(`${picture.name} ${word("open2")}, ${picture.faces.length} ${word(picture.faces.length > 1 ? "faces" : "face")}`); }
  preview();
  refreshTab();
}

function strip() {
  const list = $("strip");
  list.hidden = state.pictures.length < 2;
  list.replaceChildren(...state.pictures.map((picture) => {
    const face = make("canvas", { width: 96, height: 96 });
    cover(face, picture.before);
    return make("div", { class: "frame" },
      make("button", { class: "thumb", "aria-label": picture.name, title: picture.name, "aria-current": picture === state.current ? "true" : null, onclick: () => show(picture) }, face),
      make("button", { class: "shut", "aria-label": `${word("closePicture")}: ${picture.name}`, title: word("closePicture"), onclick: () => closePicture(picture) }, icon(CROSS)));
  }));
}

function closePicture(picture) {
  api.remove(`pictures/${picture.id}`);
  state.pictures = state.pictures.filter((one) => one !== picture);
  show(state.current === picture ? state.pictures.at(-1) || null : state.current);
}

async function image(blob) { return createImageBitmap(blob); }

function cover(canvas, bitmap) {
  const scale = Math.max(canvas.width / bitmap.width, canvas.height / bitmap.height), width = bitmap.width * scale, height = bitmap.height * scale;
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, (canvas.width - width) / 2, (canvas.height - height) / 3, width, height);
}

// ---------------------------------------------------------------- the picture

let running = false, again = false;
let held = false; // a slider is
let patience = 0; // how long the last answer of full size took, in milliseconds
const SLOW = 120;

async function preview(isHeld = false) {
  delete document.body.dataset.shown; // what is shown is not what the steps say, until the answer is here
  held = isHeld;
  if (running) { again = true; return; }
  running = true;
  const picture = state.current, draft = held && patience > SLOW, asked = performance.now();
  try {
    const steps = plain();
    const blob = picture && await api.sendForBlob(`pictures/${picture.id}/preview`, { steps, draft });
    if (!draft) patience = performance.now() - asked;
    if (picture && picture === state.current) {
      stage.transparent = blob.type === "image/png";
      stage.setAfter(await image(blob));
      if (!again) document.body.dataset.shown = JSON.stringify(steps);
      if (!$("notice").hidden && $("notice").dataset.kind === "error") clearNotice();
    }
  } catch (error) { complain(error); }
  running = false;
  if (again) { again = false; preview(held); }
}

async function needWindow(window) {
  const picture = state.current, steps = JSON.stringify(plain());
  try {
    const part = await image(await api.sendForBlob(`pictures/${picture.id}/window`, { steps: plain(), window }));
    if (picture === state.current && steps === JSON.stringify(plain())) stage.setDetail(part, window);
  } catch { /* the preview stays, which is the same picture with fewer pixels */ }
}

const plain = () => state.steps.map(({ use, params, on }) => ({ use, params, on }));

// ---------------------------------------------------------------- parts and what can be done with them

function onPart(found, isClick) {
  const picture = state.current;
  if (!picture) return;
  const group = found && picture.groups.find((one) => one.indices.includes(found.index));
  if (!isClick) { stage.light(group ? { indices: group.indices, face: found.face } : stage.chosen); return; }
  if (group) { selectTab("edit"); chooseGroup(group, found.face); if (innerWidth < 800) $("offers").scrollIntoView({ block: "nearest" }); }
}

function chooseGroup(group, face) {
  state.group = group;
  state.face = face;
  stage.choose(group ? { indices: group.indices, face } : null);
  for (const chip of $("parts").children) chip.setAttribute("aria-pressed", String(chip.dataset.key === group?.key));
  const offers = $("offers");
  if (!group) { offers.replaceChildren(); return; }
  const effects = effectsFor(group, state.catalog.effects);
  const several = state.current?.faces.length > 1 && face > 0;
  offers.replaceChildren(
    several ? make("p", { class: "soft" }, `${name(group.key, "part:")}, ${word("face")} ${face}`) : "",
    ...effects.map((effect) => make("button", { class: "offer", "data-use": effect.use, title: sentence(effect.summary), onclick: () => add(effect) },
      make("strong", {}, name(effect.name)), make("small", {}, sentence(effect.summary)))),
    effects.length ? "" : make("p", { class: "soft" }, word("nothingHere")));
  say(`${name(group.key, "part:")}: ${effects.map((one) => name(one.name)).join(", ")}`);
}

function showParts() {
  $("parts").replaceChildren(...state.current.groups.map((group) => make("button", {
    class: "chip", "data-key": group.key, "aria-pressed": String(group.key === state.group?.key), onclick: () => chooseGroup(group, 0),
    onpointerenter: () => stage.light({ indices: group.indices, face: 0 }), onpointerleave: () => stage.light(stage.chosen || null),
  }, name(group.key, "part:"))));
}

// ---------------------------------------------------------------- the chain

function commit(change) {
  state.past.push(JSON.stringify(state.steps));
  if (state.past.length > 200) state.past.shift();
  state.future = [];
  change();
  changed();
}

function changed() { showSteps(); preview(); history(); }
function history() { $("undo").disabled = !state.past.length; $("redo").disabled = !state.future.length; $("clear").hidden = !state.steps.length; }

function travel(from, to) {
  if (!from.length) return;
  to.push(JSON.stringify(state.steps));
  state.steps = JSON.parse(from.pop());
  changed();
}

function add(effect) {
  const several = state.current?.faces.length > 1 && state.face > 0 && effect.region !== "background" && effect.region !== "picture";
  const step = { id: nextStep++, use: effect.use, params: { ...effect.defaults, ...(several ? { faces: state.face - 1 } : {}) }, on: true };
  opened = new Set([step.id]);
  commit(() => state.steps.push(step));
  stage.choose(null); // the tint would hide what was done
  say(`${name(effect.name)} ${word("added")}`);
  const made = $("chain").lastElementChild;
  made?.scrollIntoView({ block: "nearest" });
  made?.querySelector(".form input, .form select")?.focus({ preventScroll: true });
}

function replaceSteps(steps) {
  opened = new Set();
  commit(() => { state.steps = steps.map((step) => ({ id: nextStep++, on: true, ...step, params: { ...effectOf(step.use)?.defaults, ...step.params } })); });
}

const effectOf = (use) => state.catalog.effects.find((one) => one.use === use);

function showSteps() {
  $("no-steps").hidden = state.steps.length > 0;
  $("chain").replaceChildren(...state.steps.map(stepItem));
}

function stepItem(step, place) {
  const effect = effectOf(step.use), title = effect ? name(effect.name) : step.use, isOpen = opened.has(step.id);
  let before = null; // how the chain was when a slider was first touched
  const form = effect && isOpen ? formOf(effect, step.params, {
    faces: state.current?.faces.length ?? 0, pickFile,
    changed(key, value, isFinal) {
      before ??= JSON.stringify(state.steps);
      step.params[key] = value;
      preview(!isFinal);
      if (isFinal) { if (before !== JSON.stringify(state.steps)) { state.past.push(before); state.future = []; history(); } before = null; }
    },
  }) : null;
  const move = (to) => commit(() => { state.steps.splice(place, 1); state.steps.splice(to, 0, step); });
  const button = (label, path, does, more = {}) => make("button", { class: "plain", "aria-label": `${label}: ${title}`, title: label, onclick: does, ...more }, icon(path));
  const item = make("li", { class: `step${step.on ? "" : " off"}`, draggable: true, "data-use": step.use },
    make("div", { class: "head" },
      make("input", { type: "checkbox", class: "switch", role: "switch", checked: step.on, "aria-label": `${word("on")}: ${title}`, onchange: (event) => commit(() => { step.on = event.target.checked; }) }),
      make("button", { class: "name", "aria-expanded": String(isOpen), onclick: () => { isOpen ? opened.delete(step.id) : opened.add(step.id); showSteps(); $("chain").children[place].querySelector(".name").focus(); } },
        title, effect && effect.from !== "facefx" ? make("small", { class: "soft" }, ` ${word("from")} ${effect.from}`) : null),
      button(word("up"), UP, () => move(place - 1), { disabled: place === 0 }),
      button(word("down"), DOWN, () => move(place + 1), { disabled: place === state.steps.length - 1 }),
      button(word("remove"), CROSS, () => { commit(() => state.steps.splice(place, 1)); say(`${title} ${word("removed")}`); })),
    form);
  item.addEventListener("dragstart", (event) => {
    if (document.activeElement?.matches("input[type=range]") && item.contains(document.activeElement) && event.target !== item) return;
    event.dataTransfer.setData("application/x-facefx-step", String(place));
    event.dataTransfer.effectAllowed = "move";
  });
  item.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("application/x-facefx-step")) { event.preventDefault(); item.classList.add("target"); } });
  item.addEventListener("dragleave", () => item.classList.remove("target"));
  item.addEventListener("drop", (event) => {
    const from = event.dataTransfer.getData("application/x-facefx-step");
    if (from === "") return;
    event.preventDefault(); event.stopPropagation();
    commit(() => { const [taken] = state.steps.splice(+from, 1); state.steps.splice(place, 0, taken); });
  });
  for (const slider of all("input[type=range]", item)) { // dragging a slider does not drag its step
    slider.addEventListener("pointerdown", () => { item.draggable = false; });
    slider.addEventListener("pointerup", () => { item.draggable = true; if (held) preview(); }); // let go where it was, it says no more
  }
  return item;
}

async function pickFile(accept) {
  const file = await choose(accept, false);
  if (!file.length) return "";
  try { return (await api.sendBytes("files", file[0])).path; } catch (error) { complain(error); return ""; }
}

function choose(accept, multiple, folders = false) {
  return new Promise((done) => {
    const input = make("input", { type: "file", accept, multiple });
    if (folders) input.webkitdirectory = true;
    input.addEventListener("change", () => done([...input.files]));
    input.addEventListener("cancel", () => done([]));
    input.click();
  });
}

// ---------------------------------------------------------------- looks, masks, measurements

function selectTab(which) {
  state.tab = which;
  for (const tab of all("[role=tab]")) {
    const chosen = tab.id === `tab-${which}`;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    $(tab.getAttribute("aria-controls")).hidden = !chosen;
  }
  refreshTab();
}

function refreshTab() {
  if (state.tab === "looks") showLooks();
  if (state.tab === "parts") showMasks();
  if (state.tab === "measures") showMeasures();
}

async function showLooks() {
  const picture = state.current, none = { name: word("none"), summary: "", steps: [] };
  const cells = [none, ...state.catalog.looks].map((look) => {
    const canvas = make("canvas", { width: 224, height: 224 });
    return { look, canvas, button: make("button", { class: "look", title: look.summary, "data-look": look.name, onclick: () => replaceSteps(look.steps) }, canvas, make("span", {}, name(look.name))) };
  });
  $("looks").replaceChildren(...cells.map((cell) => cell.button));
  if (!picture) return;
  picture.looks ??= new Map();
  for (const { look, canvas } of cells) {
    if (state.tab !== "looks" || picture !== state.current) return;
    try {
      if (!picture.looks.has(look.name)) picture.looks.set(look.name, await image(await api.sendForBlob(`pictures/${picture.id}/closeup`, { steps: look.steps })));
      cover(canvas, picture.looks.get(look.name));
    } catch (error) { canvas.replaceWith(make("small", {}, error.message)); }
  }
}

async function loadLook() {
  const [file] = await choose(".json,.yaml,.yml", false);
  if (!file) return;
  try {
    const { steps, lost } = await api.sendBytes("load", file);
    replaceSteps(steps);
    lost.length ? notice(`${word("lost")} ${lost.join(", ")}`) : clearNotice();
  } catch (error) { complain(error); }
}

async function saveLook() {
  try {
    const { look, lost } = await api.sendJson("look", { steps: plain() });
    api.hand_over({ blob: new Blob([JSON.stringify(look, null, 2) + "\n"], { type: "application/json" }), name: "look.json" });
    if (lost.length) notice(`${word("lost")} ${lost.join(", ")}`);
  } catch (error) { complain(error); }
}

async function showCode() {
  try {
    const { python, command } = await api.sendJson("look", { steps: plain() });
    const block = (title, text) => [make("div", { class: "head" }, make("h3", {}, title), make("button", { type: "button", onclick: async (event) => { await navigator.clipboard.writeText(text); event.target.textContent = word("copied"); } }, word("copy"))), make("pre", { tabindex: "0", "aria-label": title }, text)];
    dialog(word("asCode"), ...block(word("python"), python), ...block(word("command"), command));
  } catch (error) { complain(error); }
}

function showMasks() {
  const pane = $("pane-parts"), picture = state.current;
  if (!picture || !picture.faces.length) { pane.replaceChildren(make("p", { class: "soft" }, word("noMeasures"))); return; }
  const path = `/studio/api/pictures/${picture.id}`, file = (href, text) => make("a", { class: "button", href, download: "" }, text);
  const cell = (group) => {
    const region = group.labels.join("+"), link = `${path}/mask.png?region=${encodeURIComponent(region)}`;
    return make("a", { class: "mask", href: link, download: "", title: `${word("maskOf")} ${name(group.key, "part:")}` }, make("img", { src: `${link}&small=true`, alt: `${word("maskOf")} ${name(group.key, "part:")}`, loading: "lazy" }), make("span", {}, name(group.key, "part:")));
  };
  pane.replaceChildren(
    make("img", { class: "tinted", src: `${path}/overlay.png?small=true`, alt: word("tinted") }),
    make("p", { class: "row" }, file(`${path}/overlay.png`, word("overlay")), file(`${path}/labels.png`, word("labels"))),
    make("div", { class: "looks" }, picture.groups.filter((one) => one.labels.length).map(cell)));
}

async function showMeasures() {
  const pane = $("pane-measures"), picture = state.current;
  if (!picture || !picture.faces.length) { pane.replaceChildren(make("p", { class: "soft" }, word("noMeasures"))); return; }
  try {
    if (!picture.measures) { pane.replaceChildren(make("p", { class: "soft" }, word("loading"))); picture.measures = await api.getJson(`pictures/${picture.id}/analysis.json`); }
  } catch (error) { complain(error); return; }
  if (state.tab !== "measures" || picture !== state.current) return;
  pane.replaceChildren(
    make("p", { class: "row" }, make("a", { class: "button", href: `/studio/api/pictures/${picture.id}/analysis.json`, download: "" }, word("measured"))),
    ...picture.measures.faces.map((face, index) => make("section", { class: "card" }, make("h2", {}, `${name(word("face"))} ${index + 1}`), shape(face.face_shape), ...Object.entries(face).filter(([key]) => key !== "face" && key !== "face_shape").map(([key, value]) => make("details", { open: key === "colors" }, make("summary", {}, name(key)), rows(value))))));
}

function shape(found) {
  if (!found?.label) return null;
  const bars = Object.entries(found.scores).sort((a, b) => b[1] - a[1]).map(([key, share]) => make("div", { class: "bar-row" }, make("span", {}, name(key)), make("meter", { min: 0, max: 1, value: share, "aria-label": name(key) }), make("span", {}, `${Math.round(100 * share)} %`)));
  return make("div", {}, make("p", {}, `${word("shape")}: `, make("strong", {}, name(found.label))), bars);
}

function rows(value) {
  const cell = (one) => {
    if (typeof one === "string" && /^#[0-9a-f]{6}$/i.test(one)) { const swatch = make("span", { class: "swatch inline" }); swatch.style.backgroundColor = one; return make("span", {}, swatch, ` ${one}`); }
    if (typeof one === "number") return Number.isInteger(one) ? `${one}` : one.toFixed(2);
    if (Array.isArray(one)) return one.length > 8 ? `${one.length}` : one.map((v) => (typeof v === "number" ? v.toFixed(1) : JSON.stringify(v))).join(", ");
    if (one && typeof one === "object") return rows(one);
    return one === null ? "–" : String(one);
  };
  return make("dl", {}, Object.entries(value).map(([key, one]) => make("div", {}, make("dt", {}, name(key)), make("dd", {}, cell(one)))));
}

// ---------------------------------------------------------------- saving, dialogs, messages

function saveDialog() {
  const picture = state.current;
  if (!picture) return;
  const format = make("select", { id: "format" }, [["", `${word("same")} (${picture.format || "PNG"})`], ["jpeg", "JPEG"], ["png", "PNG"], ["webp", "WebP"], ["avif", "AVIF"], ["tiff", "TIFF"]].map(([value, text]) => make("option", { value }, text)));
  const quality = make("input", { type: "range", id: "file-quality", min: 50, max: 100, value: 95 });
  const go = make("button", { type: "button", class: "main", id: "save-now", onclick: async () => {
    go.disabled = true; go.textContent = word("saving");
    try {
      api.hand_over(await api.sendForFile(`pictures/${picture.id}/save`, { steps: plain(), format: format.value || null, quality: +quality.value }));
      $("dialog").close();
    } catch (error) { $("dialog").close(); complain(error); }
  } }, word("download"));
  dialog(word("saveTitle"), make("p", { class: "soft" }, `${word("fullSize")}: ${picture.width} × ${picture.height}`),
    make("div", { class: "field" }, make("label", { for: "format" }, word("format")), format), make("div", { class: "field" }, make("label", { for: "file-quality" }, word("quality")), quality), make("p", { class: "row end" }, go));
}

function moreDialog() {
  const languages = make("select", { id: "language", onchange: (event) => { speak(event.target.value); redraw(); moreDialog(); } }, Object.entries(LANGUAGES).map(([key, text]) => make("option", { value: key, selected: key === language }, text)));
  const themes = make("select", { id: "theme", onchange: (event) => theme(event.target.value) }, ["system", "light", "dark"].map((key) => make("option", { value: key, selected: key === (document.documentElement.dataset.theme || "system") }, word(key))));
  const tools = { steps: plain, choose, dialog, openFiles, complain };
  const job = (key, does) => make("button", { type: "button", id: `job-${key}`, onclick: () => does(tools) }, word(key));
  dialog(word("moreTitle"), make("div", { class: "stack" }, job("film", film), job("folder", folder), job("live", camera)),
    make("div", { class: "field" }, make("label", { for: "language" }, word("language")), languages), make("div", { class: "field" }, make("label", { for: "theme" }, word("theme")), themes),
    make("p", { class: "soft small" }, make("strong", {}, word("keys")), " ", word("keysHint")), make("p", { class: "soft small" }, `facefx ${state.catalog.version} · `, make("a", { href: "/docs", target: "_blank" }, "API")));
}

function theme(which) {
  if (which === "system") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = which;
  try { localStorage.setItem("facefx-theme", which); } catch { /* private window */ }
}

function dialog(title, ...body) {
  $("dialog-title").textContent = title;
  $("dialog-body").replaceChildren(...body.filter(Boolean));
  if (!$("dialog").open) $("dialog").showModal();
  return $("dialog");
}

function redraw() { showSteps(); if (state.current) { showParts(); chooseGroup(state.group, state.face); } refreshTab(); strip(); }
function busy(is) { $("busy").hidden = !is; }
function notice(text, kind = "note") { $("notice").textContent = text; $("notice").dataset.kind = kind; $("notice").hidden = false; }
function clearNotice() { $("notice").hidden = true; }
function complain(error) { notice(error instanceof api.Problem && error.message === "offline" ? word("offline") : error.message || String(error), "error"); }

// ---------------------------------------------------------------- what the user does

function compare(on) {
  $("compare").setAttribute("aria-pressed", String(on));
  $("split").hidden = $("tags").hidden = !on;
  stage.split = on ? $("split").value / 1000 : null;
  stage.draw();
}

$("files").addEventListener("change", (event) => { openFiles(event.target.files); event.target.value = ""; });
for (const id of ["open", "choose"]) $(id).addEventListener("click", () => $("files").click());
$("shoot").addEventListener("click", () => camera({ steps: plain, dialog, openFiles, complain }));
$("undo").addEventListener("click", () => travel(state.past, state.future));
$("redo").addEventListener("click", () => travel(state.future, state.past));
$("compare").addEventListener("click", () => compare(stage.split === null));
$("split").addEventListener("input", (event) => { stage.split = event.target.value / 1000; stage.draw(); });
$("zoom-in").addEventListener("click", () => stage.zoomBy(1.5));
$("zoom-out").addEventListener("click", () => stage.zoomBy(1 / 1.5));
$("zoom-fit").addEventListener("click", () => stage.reset());
$("save").addEventListener("click", saveDialog);
$("more").addEventListener("click", moreDialog);
$("clear").addEventListener("click", () => commit(() => { state.steps = []; }));
$("look-load").addEventListener("click", loadLook);
$("look-save").addEventListener("click", saveLook);
$("code").addEventListener("click", showCode);
const tabs = all("[role=tab]");
for (const [place, tab] of tabs.entries()) {
  tab.addEventListener("click", () => selectTab(tab.id.replace("tab-", "")));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) { const next = tabs[(place + step + tabs.length) % tabs.length]; next.focus(); next.click(); }
  });
}

addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) { event.preventDefault(); $("over").hidden = false; } });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("over").hidden = true; });
addEventListener("drop", (event) => { $("over").hidden = true; if (event.dataTransfer.files.length) { event.preventDefault(); openFiles(event.dataTransfer.files); } });
addEventListener("paste", (event) => openFiles(event.clipboardData.files));
addEventListener("keydown", (event) => {
  const typing = event.target instanceof Element && event.target.matches("input[type=text], textarea, select") || $("dialog").open;
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key === "z" && !typing) { event.preventDefault(); event.shiftKey ? travel(state.future, state.past) : travel(state.past, state.future); }
  else if ((event.ctrlKey || event.metaKey) && key === "s") { event.preventDefault(); saveDialog(); }
  else if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
  else if (key === "b" && !stage.holding) { stage.holding = true; stage.draw(); }
  else if (key === "c") compare(stage.split === null);
  else if (key === "+") stage.zoomBy(1.5);
  else if (key === "-") stage.zoomBy(1 / 1.5);
  else if (key === "0") stage.reset();
});
addEventListener("keyup", (event) => { if (event.key.toLowerCase() === "b") { stage.holding = false; stage.draw(); } });
addEventListener("blur", () => { stage.holding = false; stage.draw(); });

try { theme(localStorage.getItem("facefx-theme") || "system"); } catch { /* private window */ }
speak(language);
try {
  state.catalog = await api.getJson("catalog");
  document.body.dataset.ready = "yes";
} catch (error) { complain(error); }
