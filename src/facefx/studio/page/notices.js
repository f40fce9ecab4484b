// What the page says and asks: notices over the picture, the one dialog, files to choose.

import { Problem } from "./api.js";
import { $, make } from "./dom.js";
import { word } from "./words.js";

export function dialog(title, ...body) {
  $("dialog-title").textContent = title;
  $("dialog-body").replaceChildren(...body.filter(Boolean));
  if (!$("dialog").open) $("dialog").showModal();
  return $("dialog");
}

export function busy(is) { $("busy").hidden = !is; }
export function notice(text, kind = "note", about = "") { $("noticed").textContent = text; Object.assign($("notice").dataset, { kind, about }); $("notice").hidden = false; }
export function clearNotice() { $("notice").hidden = true; $("notice").dataset.about = ""; }
export function told(error) { return error instanceof Problem && error.message === "offline" ? word("offline") : error.message || String(error); }
export function complain(error) { notice(told(error), "error"); }

export function choose(accept, multiple, folders = false) {
  return new Promise((done) => {
    const input = make("input", { type: "file", accept, multiple });
    if (folders) input.webkitdirectory = true;
    input.addEventListener("change", () => done([...input.files]));
    input.addEventListener("cancel", () => done([]));
    input.click();
  });
}
