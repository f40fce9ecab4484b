// A form from the JSON Schema of an effect's declaration: whoever declared it, its parameters appear.

import { make, PICTURES } from "./dom.js";
import { decimal, name, sentence, word } from "./words.js";

const SWATCHES = {
  lips: ["#a2243b", "#cc0033", "#d9556b", "#b5651d", "#7a1d49", "#e8a0a8", "#4a0f1c"],
  hair: ["#1c1412", "#4b2e1e", "#8a5a2b", "#cdb18f", "#9c3a24", "#6b3fa0", "#2f6f9f", "#d45c98"],
  eyes: ["#4f7fae", "#5e8c61", "#7b5a36", "#8c8f94", "#7a5fa8"],
  other: ["#ffffff", "#d9d4cc", "#8f8a86", "#1d1a21", "#a2243b", "#e0a23a", "#2f6f9f", "#5e8c61"],
};
let count = 0;

// One field for each parameter. `changed(name, value, isFinal)` hears of it while it is dragged and once it is let go.
export function formOf(effect, params, { faces, changed, pickFile, pointAt }) {
  const fields = Object.entries(effect.schema).map(([key, schema]) => {
    const made = field(effect, key, schema, params[key] ?? schema.default, { faces, changed, pickFile, pointAt });
    made?.querySelector("input, select, button")?.setAttribute("data-act", key); // to find it again when the form is made anew
    return [key, made];
  }).filter(([, made]) => made);
  const whoseOf = fields.filter(([key]) => key === "faces").map(([, made]) => made); // of several people one wants to see whose it is
  const shown = fields.filter(([key]) => key !== "faces").map(([, made]) => made), first = shown.slice(0, 4), rest = shown.slice(4);
  return make("div", { class: "form" }, first, whoseOf, rest.length > 1 ? make("details", {}, make("summary", {}, word("showMore")), rest) : rest);
}

function field(effect, key, schema, value, tools) {
  const id = `field-${++count}`, title = key === "faces" ? word("whose") : name(key), hint = key === "faces" ? "" : sentence(schema.description || "");
  const label = make("label", { for: id }, title), tell = hint ? { "aria-describedby": `${id}-hint` } : {};
  const told = hint ? make("small", { id: `${id}-hint`, class: "soft" }, hint) : null;
  const change = (next, isFinal = true) => tools.changed(key, next, isFinal);
  if (key === "faces") return whose(id, label, value, tools, change);
  if (effect.files[key]) return file(id, label, told, value, effect.files[key], change, tools.pickFile);
  if (schema.type === "boolean")
    return make("div", { class: "field tick" }, make("input", { type: "checkbox", id, checked: value, ...tell, onchange: (event) => change(event.target.checked) }), label, told);
  if (schema.enum) {
    const options = schema.enum.map((one) => make("option", { value: one, selected: one === value }, name(one)));
    return make("div", { class: "field" }, label, make("select", { id, ...tell, onchange: (event) => change(event.target.value) }, options), told);
  }
  if (schema.format === "color") return color(id, label, told, tell, effect, value, change);
  if (schema.minimum !== undefined) {
    const whole = schema.type === "integer", step = whole ? 1 : (schema.maximum - schema.minimum) / 100;
    const shown = make("output", { for: id }, number(value, whole));
    const slider = make("input", {
      type: "range", id, min: schema.minimum, max: schema.maximum, step, value, ...tell,
      oninput: (event) => { shown.textContent = number(+event.target.value, whole); change(+event.target.value, false); },
      onchange: (event) => change(+event.target.value, true),
    });
    return make("div", { class: "field" }, make("div", { class: "head" }, label, shown), slider, told);
  }
  if (schema.examples) {
    const list = make("datalist", { id: `${id}-list` }, schema.examples.map((one) => make("option", { value: one })));
    const input = make("input", {
      type: "text", id, value, list: list.id, ...tell,
      onfocus: (event) => { event.target.placeholder = event.target.value; event.target.value = ""; }, // a browser lists only what fits what is there
      onblur: (event) => { if (!event.target.value) event.target.value = event.target.placeholder; },
      onchange: (event) => { if (event.target.value) change(event.target.value); },
    });
    return make("div", { class: "field" }, label, input, list, told);
  }
  return make("div", { class: "field" }, label, make("input", { type: "text", id, value, ...tell, onchange: (event) => change(event.target.value) }), told);
}

const number = (value, whole) => decimal(value, whole ? 0 : 2);

function color(id, label, told, tell, effect, value, change) {
  const key = ["lips", "hair", "eyes"].find((one) => effect.region.includes(one)) || "other";
  const input = make("input", { type: "color", id, value, ...tell, oninput: (event) => change(event.target.value, false), onchange: (event) => change(event.target.value, true) });
  const swatches = SWATCHES[key].map((one) => {
    const swatch = make("button", { type: "button", class: "swatch", "aria-label": `${label.textContent} ${one}`, title: one, onclick: () => { input.value = one; change(one, true); } });
    swatch.style.backgroundColor = one;
    return swatch;
  });
  return make("div", { class: "field" }, label, make("div", { class: "colors" }, input, swatches), told);
}

function whose(id, label, value, { faces, pointAt }, change) {
  if (faces < 2 && value === "all") return null; // one face: nothing to choose
  const options = [["all", word("all")], ["largest", word("largest")], ...Array.from({ length: faces }, (_, i) => [i, `${word("face")} ${i + 1}`])];
  if (!options.some(([one]) => `${one}` === `${value}`)) options.push([value, typeof value === "number" ? `${word("face")} ${value + 1}` : `${value}`]); // of another picture
  const made = options.map(([one, text]) => make("option", { value: `${one}`, selected: `${one}` === `${value}` }, text));
  const chosen = (select) => (/^\d+$/.test(select.value) ? +select.value : select.value);
  const point = (event) => pointAt(typeof chosen(event.target) === "number" ? chosen(event.target) + 1 : 0);
  return make("div", { class: "field" }, label, make("select", { id, onfocus: point, onblur: () => pointAt(null), onchange: (event) => { point(event); change(chosen(event.target)); } }, made));
}

function file(id, label, told, value, kind, change, pickFile) {
  const shown = make("span", { class: "soft" }), off = make("button", { type: "button", class: "link", onclick: () => set("") }, word("remove"));
  const tell = (path) => { shown.textContent = path ? "✓" : word("none"); off.hidden = !path; };
  const set = (path) => { tell(path); change(path, true); };
  const button = make("button", { type: "button", id, onclick: async () => {
    const path = await pickFile(kind === "cube" ? ".cube" : PICTURES);
    if (path) set(path);
  } }, word("chooseFile"));
  tell(value);
  return make("div", { class: "field" }, label, make("div", { class: "row" }, button, shown, off), told);
}
