// The picture at full size, as a file.

import * as api from "./api.js";
import { $, make } from "./dom.js";
import { complain, dialog } from "./notices.js";
import { plain, state } from "./state.js";
import { word } from "./words.js";

export function saveDialog() {
  const picture = state.current;
  if (!picture) return;
  const format = make("select", { id: "format" }, [["", `${word("same")} (${picture.format || "PNG"})`], ["jpeg", "JPEG"], ["png", "PNG"], ["webp", "WebP"], ["avif", "AVIF"], ["tiff", "TIFF"]].map(([value, text]) => make("option", { value }, text)));
  const shown = make("output", { for: "file-quality" }, "95");
  const quality = make("input", { type: "range", id: "file-quality", min: 50, max: 100, value: 95, oninput: () => { shown.textContent = quality.value; } });
  const graded = make("div", { class: "field" }, make("div", { class: "head" }, make("label", { for: "file-quality" }, word("quality")), shown), quality);
  const fitting = () => { graded.hidden = !/jpe?g|webp|avif/i.test(format.value || picture.format || "PNG"); }; // the others lose nothing
  format.addEventListener("change", fitting);
  fitting();
  const go = make("button", { type: "button", class: "main", id: "save-now", onclick: async () => {
    go.disabled = true; go.textContent = word("saving");
    try {
      api.hand_over(await api.sendForFile(`pictures/${picture.id}/save`, { steps: plain(), format: format.value || null, quality: +quality.value }));
      $("dialog").close();
    } catch (error) { $("dialog").close(); complain(error); }
  } }, word("download"));
  dialog(word("saveTitle"), make("p", { class: "soft" }, `${word("fullSize")}: ${picture.width} × ${picture.height}`),
    make("div", { class: "field" }, make("label", { for: "format" }, word("format")), format), graded, make("p", { class: "row end" }, go));
}
