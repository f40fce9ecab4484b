/** A form from an effect's declaration. */

import { EFFECTS, type Step } from "../src/index";
import { make } from "./dom";
import { named, word } from "./words";

const SWATCHES: Record<string, string[]> = {
  recolor_lips: ["#a2243b", "#cc0033", "#d9556b", "#b5651d", "#7a1d49", "#e8a0a8", "#4a0f1c"],
  recolor_hair: ["#1c1412", "#4b2e1e", "#8a5a2b", "#cdb18f", "#9c3a24", "#6b3fa0", "#2f6f9f", "#d45c98"],
  anonymize: ["#1a1a1a", "#ffffff", "#8f8a86", "#e0a23a", "#2f6f9f"],
};
/** What Python has and the browser does not. */
const LACKING: Record<string, string[]> = { anonymize: ["picture"] };

type Value = Step["params"][string];
type Parameter = (typeof EFFECTS)[Step["use"]]["parameters"][number];
let count = 0;

/** One field for each parameter; `changed` hears of it while it is dragged, too. */
export function formOf({ use, params }: Step, faces: number, changed: (name: string, value: Value) => void): HTMLElement {
  const fields = EFFECTS[use].parameters
    .filter(({ name }) => !LACKING[use]?.includes(name))
    .map((parameter) => field(use, parameter, params[parameter.name], faces, (value) => changed(parameter.name, value)));
  return make("div", { class: "form" }, ...fields);
}

function field(use: string, parameter: Parameter, value: Value, faces: number, change: (value: Value) => void): HTMLElement | null {
  const { name, kind, low, high, choices } = parameter;
  const id = `field-${++count}`;
  const label = make("label", { for: id }, kind === "faces" ? word("whose") : named(name));
  const chosen = (event: Event): string => (event.target as HTMLInputElement).value;
  if (kind === "faces") return whose(id, label, value, faces, change);
  if (kind === "bool") {
    const box = make("input", { type: "checkbox", id, checked: value === true, onchange: () => change(box.checked) });
    return make("div", { class: "field tick" }, box, label);
  }
  if (choices) {
    const here = choices.filter((choice) => !LACKING[use]?.includes(choice));
    const options = here.map((choice) => make("option", { value: choice, selected: choice === value }, named(choice)));
    return make("div", { class: "field" }, label, make("select", { id, onchange: (event) => change(chosen(event)) }, ...options));
  }
  if (kind === "color") {
    const input = make("input", { type: "color", id, value: value as string, oninput: (event) => change(chosen(event)) });
    const swatches = (SWATCHES[use] ?? []).map((color) => {
      const take = (): void => {
        input.value = color;
        change(color);
      };
      const swatch = make("button", { type: "button", class: "swatch", title: color, "aria-label": `${label.textContent} ${color}`, onclick: take });
      swatch.style.backgroundColor = color;
      return swatch;
    });
    return make("div", { class: "field" }, label, make("div", { class: "colors" }, input, ...swatches));
  }
  const isWhole = kind === "int";
  const written = (number: number): string => (isWhole ? `${number}` : number.toFixed(2));
  const output = make("output", { for: id }, written(value as number));
  const step = isWhole ? 1 : ((high as number) - (low as number)) / 100;
  const moved = (event: Event): void => {
    output.textContent = written(Number(chosen(event)));
    change(Number(chosen(event)));
  };
  const slider = make("input", { type: "range", id, min: low, max: high, step, oninput: moved });
  slider.value = String(value);
  return make("div", { class: "field" }, make("div", { class: "head" }, label, output), slider);
}

function whose(id: string, label: HTMLElement, value: Value, faces: number, change: (value: Value) => void): HTMLElement | null {
  if (faces < 2 && value === "all") return null; // one face: nothing to choose
  const options: [Value, string][] = [
    ["all", word("all")],
    ["largest", word("largest")],
    ...Array.from({ length: faces }, (_, index): [Value, string] => [index, `${word("face")} ${index + 1}`]),
  ];
  if (!options.some(([one]) => one === value)) options.push([value, String(value)]);
  const made = options.map(([one, text]) => make("option", { value: String(one), selected: one === value }, text));
  const select = make("select", { id, onchange: () => change(options[select.selectedIndex][0]) }, ...made);
  return make("div", { class: "field" }, label, select);
}
