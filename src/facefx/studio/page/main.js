// The studio: what is open, the chain of steps, and how the page shows both.

import * as api from "./api.js";
import { cover, image } from "./bitmaps.js";
import { $, all, icon, make, PICTURES, say } from "./dom.js";
import { formOf } from "./form.js";
import { drawnOf, masksOf, measuresOf } from "./found.js";
import { effectsFor, groupsIn } from "./groups.js";
import { camera } from "./jobs.js";
import { loadLook, markLooks, saveLook, showCode, showLooks, takeLook } from "./looks.js";
import { moreDialog, theme } from "./more.js";
import { busy, choose, clearNotice, complain, dialog, notice, told } from "./notices.js";
import { saveDialog } from "./saving.js";
import { Stage } from "./stage.js";
import { effectOf, plain, state } from "./state.js";
import { language, name, sentence, speak, word } from "./words.js";

const CROSS = "m6 6 12 12M18 6 6 18", UP = "m6 14 6-6 6 6", DOWN = "m6 10 6 6 6-6";
let opened = new Set(); // which steps show their forms, by identity
let nextStep = 1;
let touched = { step: 0, key: "", at: 0 }; // which field changed last
const SOON = 1000; // milliseconds

const stage = new Stage({ onPart, onZoom: (percent) => { $("zoom-fit").textContent = `${percent} %`; }, needWindow });

// ---------------------------------------------------------------- opening

async function openFiles(files) {
  const chosen = [...files], problems = new Set();
  if (!chosen.length) return;
  busy(true);
  clearNotice();
  for (const file of chosen) {
    if (/\.(json|ya?ml)$/i.test(file.name)) { await takeLook(file, replaceSteps); continue; }
    try {
      const { width, height } = stage.room;
      const picture = await api.sendBytes(`pictures?name=${encodeURIComponent(file.name || "photo.png")}&width=${width}&height=${height}`, file);
      const before = await api.sendForBlob(`pictures/${picture.id}/preview`, { steps: [] });
      picture.transparent = before.type === "image/png";
      picture.before = await image(before);
      picture.parts = await image(await api.getBlob(`pictures/${picture.id}/parts.png`));
      state.pictures.push(picture);
      await show(picture);
    } catch (error) { problems.add(told(error)); } // the others are opened all the same, and do not hide it
  }
  busy(false);
  if (problems.size) notice([...problems].join("\n"), "error");
}

async function show(picture) {
  state.current = picture;
  document.body.classList.toggle("empty", !picture);
  $("welcome").hidden = Boolean(picture);
  for (const id of ["save", "compare", "zoom-out", "zoom-fit", "zoom-in"]) $(id).disabled = !picture;
  strip();
  if (!picture) { stage.before = null; compare(false); clearNotice(); $("parts").replaceChildren(); $("offers").replaceChildren(); refreshTab(); return; }
  stage.transparent = picture.transparent;
  const grown = picture.width / picture.preview.width;
  const middles = picture.faces.map((box) => ({ x: grown * (box.x0 + box.x1) / 2, y: grown * box.y0 }));
  stage.show({ width: picture.width, height: picture.height }, picture.before, picture.parts, middles);
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
    cover(face, picture.before, picture.faces[0]);
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
      if ($("notice").dataset.about === "preview") clearNotice();
    }
  } catch (error) { notice(told(error), "error", "preview"); }
  running = false;
  if (again) { again = false; preview(held); }
}

async function needWindow(window) {
  const picture = state.current, steps = JSON.stringify(plain());
  try {
    const part = async (chain) => image(await api.sendForBlob(`pictures/${picture.id}/window`, { steps: chain, window }));
    const after = await part(plain()), before = state.steps.some((step) => step.on) ? await part([]) : after;
    if (picture === state.current && steps === JSON.stringify(plain())) stage.setDetail(after, window, before);
  } catch { /* the preview stays, which is the same picture with fewer pixels */ }
}

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

function changed() { showSteps(); preview(); history(); markLooks(); }
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

// The steps as they are, with the keyboard where it was: at the same field of the same step, or else as near as there is one.
function showSteps() {
  const chain = $("chain"), at = /** @type {HTMLElement} */ (document.activeElement), item = /** @type {HTMLElement} */ (at?.closest("#chain > li")), place = [...chain.children].indexOf(item), act = at?.dataset.act;
  $("no-steps").hidden = state.steps.length > 0;
  chain.replaceChildren(...state.steps.map(stepItem));
  if (!item) return;
  const same = chain.querySelector(`[data-step="${item.dataset.step}"]`), step = same || chain.children[Math.min(place, chain.children.length - 1)];
  const found = (same && act && same.querySelector(`[data-act="${act}"]:not(:disabled)`)) || step?.querySelector(".name") || $("pane-edit");
  found.focus({ preventScroll: true });
}

function stepItem(step, place) {
  const effect = effectOf(step.use), title = effect ? name(effect.name) : step.use, isOpen = opened.has(step.id);
  let before = null; // how the chain was when a slider was first touched
  const form = effect && isOpen ? formOf(effect, step.params, {
    faces: state.current?.faces.length ?? 0, pickFile, pointAt,
    changed(key, value, isFinal) {
      before ??= JSON.stringify(state.steps);
      step.params[key] = value;
      preview(!isFinal);
      if (!isFinal) return;
      const moved = before !== JSON.stringify(state.steps), same = touched.step === step.id && touched.key === key && performance.now() - touched.at < SOON;
      if (moved && !(same && typeof value === "number")) { state.past.push(before); state.future = []; history(); } // keys move a slider bit by bit: one undo
      touched = { step: step.id, key, at: performance.now() };
      before = null;
    },
  }) : null;
  const move = (to) => commit(() => { state.steps.splice(place, 1); state.steps.splice(to, 0, step); });
  const button = (act, label, path, does, more = {}) => make("button", { class: "plain", "data-act": act, "aria-label": `${label}: ${title}`, title: label, onclick: does, ...more }, icon(path));
  const item = make("li", { class: `step${step.on ? "" : " off"}`, draggable: true, "data-use": step.use, "data-step": step.id },
    make("div", { class: "head" },
      make("input", { type: "checkbox", class: "switch", role: "switch", "data-act": "switch", checked: step.on, "aria-label": `${word("on")}: ${title}`, onchange: (event) => commit(() => { step.on = event.target.checked; }) }),
      make("button", { class: "name", "data-act": "name", "aria-expanded": String(isOpen), onclick: () => { isOpen ? opened.delete(step.id) : opened.add(step.id); showSteps(); } },
        title, effect && effect.from !== "facefx" ? make("small", { class: "soft" }, ` ${word("from")} ${effect.from}`) : null),
      button("up", word("up"), UP, () => move(place - 1), { disabled: place === 0 }),
      button("down", word("down"), DOWN, () => move(place + 1), { disabled: place === state.steps.length - 1 }),
      button("remove", word("remove"), CROSS, () => { commit(() => state.steps.splice(place, 1)); say(`${title} ${word("removed")}`); })),
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

// Light up a face that a form speaks of, as the picture counts them; 0 for all, null for none.
function pointAt(face) {
  const whole = state.current?.groups.find((one) => one.key === "face");
  stage.light(whole && face !== null ? { indices: whole.indices, face } : stage.chosen || null);
}

async function pickFile(accept) {
  const file = await choose(accept, false);
  if (!file.length) return "";
  try { return (await api.sendBytes("files", file[0])).path; } catch (error) { complain(error); return ""; }
}

// ---------------------------------------------------------------- tabs

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
  stage.mark(null);
  if (state.tab === "looks") showLooks(replaceSteps);
  if (state.tab === "parts") showMasks();
  if (state.tab === "measures") showMeasures();
}

function showMasks() {
  const picture = state.current, isThere = picture?.faces.length;
  $("pane-parts").replaceChildren(...(isThere ? masksOf(picture) : [make("p", { class: "soft" }, word("noMeasures"))]));
}

async function showMeasures() {
  const pane = $("pane-measures"), picture = state.current;
  if (!picture?.faces.length) { pane.replaceChildren(make("p", { class: "soft" }, word("noMeasures"))); return; }
  try {
    if (!picture.measures) { pane.replaceChildren(make("p", { class: "soft" }, word("loading"))); picture.measures = await api.getJson(`pictures/${picture.id}/analysis.json`); }
  } catch (error) { complain(error); return; }
  if (state.tab !== "measures" || picture !== state.current) return;
  pane.replaceChildren(...measuresOf(picture));
  stage.mark(drawnOf(picture.measures));
}

// All that shows words, in another language.
function redraw() { showSteps(); if (state.current) { showParts(); chooseGroup(state.group, state.face); } refreshTab(); strip(); }

// ---------------------------------------------------------------- what the user does

function compare(on) {
  $("compare").setAttribute("aria-pressed", String(on));
  $("split").hidden = $("tags").hidden = !on;
  stage.split = on ? $("split").value / 1000 : null;
  stage.draw();
}

$("files").accept = PICTURES;
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
$("more").addEventListener("click", () => moreDialog({ redraw, openFiles }));
$("notice-close").addEventListener("click", () => { clearNotice(); $("view").focus({ preventScroll: true }); });
$("clear").addEventListener("click", () => commit(() => { state.steps = []; }));
$("look-load").addEventListener("click", () => loadLook(replaceSteps));
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
  else if ((event.ctrlKey || event.metaKey) && key === "s") { event.preventDefault(); if (!$("dialog").open) saveDialog(); }
  else if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
  else if (!state.current) return;
  else if (key === "b" && !stage.holding) { stage.holding = true; stage.draw(); }
  else if (key === "c") compare(stage.split === null);
  else if (key === "+") stage.zoomBy(1.5);
  else if (key === "-") stage.zoomBy(1 / 1.5);
  else if (key === "0") stage.reset();
  else if (key === "1") stage.zoomBy(1 / (stage.scale * stage.ratio));
});
addEventListener("keyup", (event) => { if (event.key.toLowerCase() === "b") { stage.holding = false; stage.draw(); } });
addEventListener("blur", () => { stage.holding = false; stage.draw(); });

try { theme(localStorage.getItem("facefx-theme") || "system"); } catch { /* private window */ }
speak(language);
try {
  state.catalog = await api.getJson("catalog");
  document.body.dataset.ready = "yes";
} catch (error) { complain(error); }
