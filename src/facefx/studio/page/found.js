// What was found in a picture: its parts as masks, and what was measured of its faces.

import { make } from "./dom.js";
import { decimal, name, word } from "./words.js";

// All parts tinted, and a mask of each, to look at and to download.
export function masksOf(picture) {
  const path = `/studio/api/pictures/${picture.id}`, file = (href, text) => make("a", { class: "button", href, download: "" }, text);
  const cell = (group) => {
    const region = group.labels.join("+"), link = `${path}/mask.png?region=${encodeURIComponent(region)}`, title = `${word("maskOf")} ${name(group.key, "part:")}`;
    return make("a", { class: "mask", href: link, download: "", title }, make("img", { src: `${link}&small=true`, alt: title, loading: "lazy" }), make("span", {}, name(group.key, "part:")));
  };
  return [
    make("img", { class: "tinted", src: `${path}/overlay.png?small=true`, alt: word("tinted") }),
    make("p", { class: "row" }, file(`${path}/overlay.png`, word("overlay")), file(`${path}/labels.png`, word("labels"))),
    make("div", { class: "looks" }, picture.groups.filter((one) => one.labels.length).map(cell)),
  ];
}

// What was measured, face by face; `picture.measures` is the server's answer.
export function measuresOf(picture) {
  const part = ([key, value]) => make("details", { open: key === "colors" }, make("summary", {}, name(key)), rows(value));
  const card = (face, index) => make("section", { class: "card" }, make("h2", {}, `${name("face")} ${index + 1}`), shape(face.face_shape),
    ...Object.entries(face).filter(([key]) => key !== "face" && key !== "face_shape").map(part));
  return [
    make("p", { class: "row" }, make("a", { class: "button", href: `/studio/api/pictures/${picture.id}/analysis.json`, download: "" }, word("measured"))),
    ...picture.measures.faces.map(card),
  ];
}

// What of it can be drawn over the picture, in its own pixels: rectangles, and a line round each face.
export function drawnOf(measures) {
  return measures.faces.map((face) => ({
    boxes: [face.face_boxes?.box, ...Object.entries(face.part_boxes ?? {}).filter(([part]) => part !== "face").map(([, box]) => box)].filter((one) => one && "x0" in one),
    contour: face.face_contour?.points ?? [],
  }));
}

function shape(found) {
  if (!found?.label) return null;
  const bars = Object.entries(found.scores).sort((a, b) => b[1] - a[1]).map(([key, share]) => make("div", { class: "bar-row" }, make("span", {}, name(key)), make("meter", { min: 0, max: 1, value: share, "aria-label": name(key) }), make("span", {}, `${Math.round(100 * share)} %`)));
  return make("div", {}, make("p", {}, `${word("shape")}: `, make("strong", {}, name(found.label))), bars);
}

function rows(value) {
  const cell = (one, key) => {
    if (typeof one === "string" && /^#[0-9a-f]{6}$/i.test(one)) { const swatch = make("span", { class: "swatch inline" }); swatch.style.backgroundColor = one; return make("span", {}, swatch, ` ${one}`); }
    if (typeof one === "number") return Number.isInteger(one) ? `${one}` : decimal(one, 2);
    if (Array.isArray(one)) return one.length > 8 ? `${one.length}` : one.map((v) => (typeof v === "number" ? decimal(v, 1) : JSON.stringify(v))).join("; ");
    if (one && typeof one === "object") return rows(one);
    return one === null ? "–" : name(String(one), `${key}:`);
  };
  return make("dl", {}, Object.entries(value).map(([key, one]) => make("div", {}, make("dt", {}, name(key)), make("dd", {}, cell(one, key)))));
}
