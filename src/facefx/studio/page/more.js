// Films, folders, the camera, language and colours.

import { make } from "./dom.js";
import { camera, film, folder } from "./jobs.js";
import { choose, complain, dialog } from "./notices.js";
import { plain, state } from "./state.js";
import { LANGUAGES, language, speak, word } from "./words.js";

// What is behind the three dots; what shows words is drawn anew in another language.
export function moreDialog({ redraw, openFiles }) {
  const languages = make("select", { id: "language", onchange: (event) => { speak(event.target.value); redraw(); moreDialog({ redraw, openFiles }); } }, Object.entries(LANGUAGES).map(([key, text]) => make("option", { value: key, selected: key === language }, text)));
  const themes = make("select", { id: "theme", onchange: (event) => theme(event.target.value) }, ["system", "light", "dark"].map((key) => make("option", { value: key, selected: key === (document.documentElement.dataset.theme || "system") }, word(key))));
  const tools = { steps: plain, choose, dialog, openFiles, complain };
  const job = (key, does) => make("button", { type: "button", id: `job-${key}`, onclick: () => does(tools) }, word(key));
  dialog(word("moreTitle"), make("div", { class: "stack" }, job("film", film), job("folder", folder), job("live", camera)),
    make("div", { class: "field" }, make("label", { for: "language" }, word("language")), languages), make("div", { class: "field" }, make("label", { for: "theme" }, word("theme")), themes),
    make("p", { class: "soft small" }, make("strong", {}, word("keys")), " ", word("keysHint")), make("p", { class: "soft small" }, `facefx ${state.catalog.version} · `, make("a", { href: "/docs", target: "_blank" }, "API")));
}

export function theme(which) {
  if (which === "system") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = which;
  try { localStorage.setItem("facefx-theme", which); } catch { /* private window */ }
}
