/** Colours as one writes them: hex codes, CSS names and functions, as Pillow reads them. */

import facts from "./facts.json";

const NAMES: Readonly<Record<string, string>> = facts.colors;

/** "#rrggbb" of "#c00", "#cc0000", "plum", "rgb(204, 0, 0)", "rgb(80%, 0%, 0%)", "hsl(0, 100%, 40%)" or "hsv(0, 100%, 80%)"; null if it is none. */
export function hexOf(text: string): string | null {
  const code = text.toLowerCase();
  if (Object.hasOwn(NAMES, code)) return NAMES[code];
  if (/^#[0-9a-f]{6}([0-9a-f]{2})?$/.test(code)) return code.slice(0, 7);
  if (/^#[0-9a-f]{3,4}$/.test(code)) return `#${[...code.slice(1, 4)].map((digit) => digit + digit).join("")}`;
  const [, name, inside] = /^(rgba?|hsl|hs[bv])\((.*)\)$/.exec(code) ?? [];
  if (!name) return null;
  const parts = inside.split(",").map((part) => part.trim());
  const allAre = (...forms: RegExp[]): boolean => parts.length === forms.length && forms.every((form, i) => form.test(parts[i]));
  const numbers = parts.map((part) => Number.parseFloat(part));
  const [whole, percent, real, realPercent] = [/^\d+$/, /^\d+%$/, /^\d+\.?\d*$/, /^\d+\.?\d*%$/];
  if (name === "rgb" && allAre(whole, whole, whole)) return written(numbers);
  if (name === "rgba" && allAre(whole, whole, whole, whole)) return written(numbers.slice(0, 3));
  if (name === "rgb" && allAre(percent, percent, percent)) return written(numbers.map((number) => Math.floor((number * 255) / 100 + 0.5)));
  if (!name.startsWith("hs") || !allAre(real, realPercent, realPercent)) return null;
  const [hue, saturation, light] = [numbers[0] / 360, numbers[1] / 100, numbers[2] / 100];
  const shades = name === "hsl" ? ofHsl(hue, saturation, light) : ofHsv(hue, saturation, light);
  return written(shades.map((shade) => Math.floor(shade * 255 + 0.5)));
}

function written(bytes: readonly number[]): string {
  return `#${bytes.map((byte) => Math.min(Math.max(byte, 0), 255).toString(16).padStart(2, "0")).join("")}`;
}

function ofHsl(hue: number, saturation: number, light: number): number[] {
  const high = light <= 0.5 ? light * (1 + saturation) : light + saturation - light * saturation;
  const low = 2 * light - high;
  return [hue + 1 / 3, hue, hue - 1 / 3].map((turned) => {
    const at = turned - Math.floor(turned);
    if (at < 1 / 6) return low + (high - low) * at * 6;
    if (at < 1 / 2) return high;
    return at < 2 / 3 ? low + (high - low) * (2 / 3 - at) * 6 : low;
  });
}

function ofHsv(hue: number, saturation: number, value: number): number[] {
  return [5, 3, 1].map((shift) => {
    const at = (shift + hue * 6) % 6;
    return value - value * saturation * Math.max(0, Math.min(at, 4 - at, 1));
  });
}
