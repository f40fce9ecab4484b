// Ready looks on this face, looks that are saved and loaded, and the chain as code.

import * as api from "./api.js";
import { cover, image } from "./bitmaps.js";
import { $, all, make } from "./dom.js";
import { choose, clearNotice, complain, dialog, notice, told } from "./notices.js";
import { effectOf, plain, state } from "./state.js";
import { name, sentence, word } from "./words.js";

export async function showLooks(replaceSteps) {
  const picture = state.current, none = { name: "none", summary: "", steps: [] };
  if (!picture) { $("looks").replaceChildren(make("p", { class: "soft" }, word("noLooks"))); return; }
  const cells = [none, ...state.catalog.looks].map((look) => {
    const canvas = make("canvas", { width: 224, height: 224 }), title = look === none ? word("none") : name(look.name, "look:");
    const button = make("button", { class: "look", title: sentence(look.summary), "data-look": look.name, onclick: () => replaceSteps(look.steps) }, canvas, make("span", {}, title.charAt(0).toUpperCase() + title.slice(1)));
    return { look, canvas, button };
  });
  $("looks").replaceChildren(...cells.map((cell) => cell.button));
  markLooks();
  picture.looks ??= new Map();
  for (const { look, canvas } of cells) {
    if (state.tab !== "looks" || picture !== state.current) return;
    try {
      if (!picture.looks.has(look.name)) picture.looks.set(look.name, await image(await api.sendForBlob(`pictures/${picture.id}/closeup`, { steps: look.steps })));
      cover(canvas, picture.looks.get(look.name));
    } catch (error) { canvas.replaceWith(make("small", {}, told(error))); }
  }
}

// Which of the looks the steps are.
export function markLooks() {
  const now = JSON.stringify(state.steps.map(({ use, params, on }) => [use, Object.entries(params).sort(), on]));
  for (const button of all(".look", $("looks"))) {
    const steps = state.catalog.looks.find((one) => one.name === button.dataset.look)?.steps ?? [];
    const its = JSON.stringify(steps.map(({ use, params }) => [use, Object.entries({ ...effectOf(use)?.defaults, ...params }).sort(), true]));
    button.setAttribute("aria-pressed", String(its === now));
  }
}

export async function loadLook(replaceSteps) {
  const [file] = await choose(".json,.yaml,.yml", false);
  if (file) await takeLook(file, replaceSteps);
}

export async function takeLook(file, replaceSteps) {
  try {
    const { steps, lost } = await api.sendBytes("load", file);
    replaceSteps(steps);
    lost.length ? notice(`${word("lost")} ${lost.join(", ")}`) : clearNotice();
  } catch (error) { complain(error); }
}

export async function saveLook() {
  try {
    const { look, lost } = await api.sendJson("look", { steps: plain() });
    api.hand_over({ blob: new Blob([JSON.stringify(look, null, 2) + "\n"], { type: "application/json" }), name: "look.json" });
    if (lost.length) notice(`${word("lost")} ${lost.join(", ")}`);
  } catch (error) { complain(error); }
}

export async function showCode() {
  try {
    const { python, command, lost } = await api.sendJson("look", { steps: plain(), name: state.current?.name });
    const block = (title, text) => [make("div", { class: "head" }, make("h3", {}, title), make("button", { type: "button", onclick: async (event) => { await navigator.clipboard.writeText(text); event.target.textContent = word("copied"); } }, word("copy"))), make("pre", { class: "wrapped", tabindex: "0", "aria-label": title }, text.split(/(--effect)/).map((part) => (part === "--effect" ? make("span", { class: "whole" }, part) : part)))];
    dialog(word("asCode"), lost.length ? make("p", { class: "soft" }, `${word("lost")} ${lost.join(", ")}`) : "", ...block(word("python"), python), ...block(word("command"), command));
  } catch (error) { complain(error); }
}
