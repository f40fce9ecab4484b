/** Colour: codes, sRGB in [0, 1], OKLab, and the CIEDE2000 difference. */

import { type Raster, clamp } from "./raster";

export type Color = readonly [number, number, number];

/** sRGB in [0, 1] of "#rrggbb". */
export function ofHex(code: string): Color {
  return [1, 3, 5].map((at) => Number.parseInt(code.slice(at, at + 2), 16) / 255) as unknown as Color;
}

/** Steps of a table between which curves are straight enough. */
const STEPS = 8192;
const LIGHT = Float64Array.from({ length: STEPS + 2 }, (_, i) => toLight(i / STEPS));

function toLight(srgb: number): number {
  return srgb <= 0.04045 ? srgb / 12.92 : ((srgb + 0.055) / 1.055) ** 2.4;
}

/** Light intensity of an sRGB code value (IEC 61966-2-1), right to 1e-8. */
export function linear(srgb: number): number {
  if (!(srgb >= 0 && srgb <= 1)) return toLight(srgb);
  const at = srgb * STEPS;
  const below = at | 0;
  return LIGHT[below] + (at - below) * (LIGHT[below + 1] - LIGHT[below]);
}

/** `linear` of all values, in place. */
export function linearAll(values: Float32Array): void {
  for (let i = 0; i < values.length; i++) {
    const at = values[i] * STEPS;
    if (at >= 0 && at <= STEPS) {
      const below = at | 0;
      values[i] = LIGHT[below] + (at - below) * (LIGHT[below + 1] - LIGHT[below]);
    } else values[i] = toLight(values[i]);
  }
}

/** Third roots by the fourth root of a number, in which they are nearly straight, even near 0. */
const ROOTS = Float64Array.from({ length: STEPS + 2 }, (_, i) => (i / STEPS) ** (4 / 3));

/** The third root of 0 to 1, right to 4e-7, in a fifth of the time of `Math.cbrt`. */
function cubeRoot(value: number): number {
  if (!(value > 0)) return 0;
  if (value > 1) return Math.cbrt(value);
  const at = Math.sqrt(Math.sqrt(value)) * STEPS;
  const below = at | 0;
  return ROOTS[below] + (at - below) * (ROOTS[below + 1] - ROOTS[below]);
}

/** By the light's square root, in which the curve is nearly straight. */
const CODES = Float64Array.from({ length: STEPS + 2 }, (_, i) => toCode((i / STEPS) ** 2));

function toCode(light: number): number {
  return light <= 0.04045 / 12.92 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}

/** sRGB code value of light intensity, which is clipped to [0, 1], right to 1e-7. */
export function fromLinear(light: number): number {
  const at = Math.sqrt(clamp(light, 0, 1)) * STEPS;
  const below = at | 0;
  return CODES[below] + (at - below) * (CODES[below + 1] - CODES[below]);
}

/** `fromLinear` of all values, in place. */
export function fromLinearAll(values: Float32Array): void {
  for (let i = 0; i < values.length; i++) {
    const light = values[i];
    const at = Math.sqrt(light > 0 ? (light < 1 ? light : 1) : 0) * STEPS;
    const below = at | 0;
    values[i] = CODES[below] + (at - below) * (CODES[below + 1] - CODES[below]);
  }
}

// Björn Ottosson, "A perceptual color space for image processing", 2020: https://bottosson.github.io/posts/oklab/
const LMS = [0.4122214708, 0.5363325363, 0.0514459929, 0.2119034982, 0.6806995451, 0.1073969566, 0.0883024619, 0.2817188376, 0.6299787005];
const LAB = [0.2104542553, 0.793617785, -0.0040720468, 1.9779984951, -2.428592205, 0.4505937099, 0.0259040371, 0.7827717662, -0.808675766];
const UN_LMS = inverse(LMS);
const UN_LAB = inverse(LAB);

function inverse(m: number[]): number[] {
  const [a, b, c, d, e, f, g, h, i] = m;
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const adjugate = [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f, d * h - e * g, b * g - a * h, a * e - b * d];
  return adjugate.map((value) => value / det);
}

/** Write the OKLab of an sRGB colour to `out` at a place. */
function putOklab(r: number, g: number, b: number, out: Float32Array | Float64Array, at: number): void {
  const red = linear(r);
  const green = linear(g);
  const blue = linear(b);
  const l = cubeRoot(LMS[0] * red + LMS[1] * green + LMS[2] * blue);
  const m = cubeRoot(LMS[3] * red + LMS[4] * green + LMS[5] * blue);
  const s = cubeRoot(LMS[6] * red + LMS[7] * green + LMS[8] * blue);
  out[at] = LAB[0] * l + LAB[1] * m + LAB[2] * s;
  out[at + 1] = LAB[3] * l + LAB[4] * m + LAB[5] * s;
  out[at + 2] = LAB[6] * l + LAB[7] * m + LAB[8] * s;
}

/** In a twentieth of the time of `** 3`. */
function cubed(value: number): number {
  return value * value * value;
}

/** Write the light of an OKLab colour, which no screen may be able to show, to `out` at a place. */
function putLight(lightness: number, a: number, b: number, out: Float32Array | Float64Array, at: number): void {
  const kept = clamp(lightness, 0, 1);
  const l = cubed(UN_LAB[0] * kept + UN_LAB[1] * a + UN_LAB[2] * b);
  const m = cubed(UN_LAB[3] * kept + UN_LAB[4] * a + UN_LAB[5] * b);
  const s = cubed(UN_LAB[6] * kept + UN_LAB[7] * a + UN_LAB[8] * b);
  out[at] = UN_LMS[0] * l + UN_LMS[1] * m + UN_LMS[2] * s;
  out[at + 1] = UN_LMS[3] * l + UN_LMS[4] * m + UN_LMS[5] * s;
  out[at + 2] = UN_LMS[6] * l + UN_LMS[7] * m + UN_LMS[8] * s;
}

/** OKLab of sRGB: lightness in [0, 1], and two opponent colours of about -0.4 to 0.4. */
export function toOklab(srgb: Raster): Raster {
  const result = srgb.copy();
  oklabAll(result.data);
  return result;
}

/** The same of colours one after the other, in place; step by step, so that nothing but numbers is handed on. */
export function oklabAll(colors: Float32Array): void {
  linearAll(colors);
  transformed(colors, LMS);
  for (let i = 0; i < colors.length; i++) {
    const value = colors[i];
    if (value >= 0 && value <= 1) {
      const at = Math.sqrt(Math.sqrt(value)) * STEPS;
      const below = at | 0;
      colors[i] = ROOTS[below] + (at - below) * (ROOTS[below + 1] - ROOTS[below]);
    } else colors[i] = cubeRoot(value);
  }
  transformed(colors, LAB);
}

/** A matrix times each colour, in place. */
function transformed(colors: Float32Array, [a, b, c, d, e, f, g, h, i]: number[]): void {
  for (let k = 0; k < colors.length; k += 3) {
    const [x, y, z] = [colors[k], colors[k + 1], colors[k + 2]];
    colors[k] = a * x + b * y + c * z;
    colors[k + 1] = d * x + e * y + f * z;
    colors[k + 2] = g * x + h * y + i * z;
  }
}

export function oklabOf([r, g, b]: Color): Color {
  const out = new Float64Array(3);
  putOklab(r, g, b, out, 0);
  return [out[0], out[1], out[2]];
}

/** Light that sRGB can show, but for a slack. */
const DARKEST = -1e-4;
const BRIGHTEST = 1 + 1e-4;

function isShown(light: Float32Array | Float64Array, at: number): boolean {
  for (let c = at; c < at + 3; c++) if (!(light[c] >= DARKEST && light[c] <= BRIGHTEST)) return false;
  return true;
}

/** Rows and columns of the table of chroma: steps of lightness and of hue. */
const ROWS = 128;
const COLUMNS = 180;
let chromaTable: Float32Array | null = null;

/** The most chroma that sRGB can show at each lightness, 0 to 1, and hue, 0 to 360°, by bisection. */
function mostChroma(): Float32Array {
  if (chromaTable) return chromaTable;
  chromaTable = new Float32Array((ROWS + 1) * (COLUMNS + 1));
  const light = new Float64Array(3);
  for (let row = 0, at = 0; row <= ROWS; row++) {
    for (let column = 0; column <= COLUMNS; column++, at++) {
      const hue = (2 * Math.PI * column) / COLUMNS;
      let most = 0;
      for (let step = 1; step <= 12; step++) {
        const trial = most + 0.5 ** step;
        putLight(row / ROWS, trial * Math.cos(hue), trial * Math.sin(hue), light, 0);
        if (isShown(light, 0)) most = trial;
      }
      chromaTable[at] = most;
    }
  }
  return chromaTable;
}

/** The share of a colour's chroma that sRGB can show at its lightness and hue, at most 1. */
function shownChroma(lightness: number, a: number, b: number): number {
  const table = mostChroma();
  const row = clamp(lightness, 0, 1) * ROWS;
  const turn = Math.atan2(b, a);
  const column = ((turn < 0 ? turn + 2 * Math.PI : turn) * COLUMNS) / (2 * Math.PI);
  const y = Math.min(row | 0, ROWS - 1);
  const x = Math.min(column | 0, COLUMNS - 1);
  const at = y * (COLUMNS + 1) + x;
  const u = column - x;
  const v = row - y;
  const below = at + COLUMNS + 1;
  const most = (table[at] * (1 - u) + table[at + 1] * u) * (1 - v) + (table[below] * (1 - u) + table[below + 1] * u) * v;
  return Math.min(most / Math.max(Math.hypot(a, b), 1e-6), 1);
}

/** sRGB in [0, 1] of OKLab; colours that no screen can show lose chroma, not lightness or hue. */
export function fromOklab(oklab: Raster): Raster {
  const result = oklab.copy();
  fromOklabAll(result.data);
  return result;
}

/** The same of colours one after the other, in place. */
export function fromOklabAll(colors: Float32Array): void {
  const spare = new Float64Array(3);
  const [a, b, c, d, e, f, g, h, i] = UN_LAB;
  const [j, k, l, m, n, o, p, q, r] = UN_LMS;
  for (let at = 0; at < colors.length; at += 3) {
    const lightness = clamp(colors[at], 0, 1);
    const x = colors[at + 1];
    const y = colors[at + 2];
    const one = a * lightness + b * x + c * y;
    const two = d * lightness + e * x + f * y;
    const three = g * lightness + h * x + i * y;
    const [long, medium, short] = [one * one * one, two * two * two, three * three * three];
    const red = j * long + k * medium + l * short;
    const green = m * long + n * medium + o * short;
    const blue = p * long + q * medium + r * short;
    if (Math.min(red, green, blue) >= DARKEST && Math.max(red, green, blue) <= BRIGHTEST) {
      colors[at] = red;
      colors[at + 1] = green;
      colors[at + 2] = blue;
    } else {
      const share = shownChroma(lightness, x, y);
      putLight(lightness, x * share, y * share, spare, 0);
      colors.set(spare, at);
    }
  }
  fromLinearAll(colors);
}

const XYZ = [0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.072175, 0.0193339, 0.119192, 0.9503041];
const WHITE = [0, 3, 6].map((row) => XYZ[row] + XYZ[row + 1] + XYZ[row + 2]);

/** CIE L*a*b* under D65 (CIE 15:2004). */
export function labOf([r, g, b]: Color): Color {
  const light = [linear(r), linear(g), linear(b)];
  const [x, y, z] = [0, 1, 2].map((row) => {
    const share = (XYZ[3 * row] * light[0] + XYZ[3 * row + 1] * light[1] + XYZ[3 * row + 2] * light[2]) / WHITE[row];
    return share > (6 / 29) ** 3 ? Math.cbrt(share) : share / (3 * (6 / 29) ** 2) + 4 / 29;
  });
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** CIEDE2000 of two sRGB colours: Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula", CR&A 30(1), 2005. */
export function deltaE(first: Color, second: Color): number {
  const [l1, a1, b1] = labOf(first);
  const [l2, a2, b2] = labOf(second);
  const { abs, atan2, cos, exp, hypot, sin, sqrt, PI } = Math;
  const radians = (degrees: number): number => (degrees * PI) / 180;
  const meanC = (hypot(a1, b1) + hypot(a2, b2)) / 2;
  const g = 0.5 * (1 - sqrt(meanC ** 7 / (meanC ** 7 + 25 ** 7)));
  const [c1, c2] = [hypot((1 + g) * a1, b1), hypot((1 + g) * a2, b2)];
  const [h1, h2] = [atan2(b1, (1 + g) * a1), atan2(b2, (1 + g) * a2)].map((hue) => ((hue * 180) / PI + 360) % 360);
  const isGrey = c1 * c2 === 0;
  const dh = isGrey ? 0 : ((h2 - h1 + 540) % 360) - 180;
  const [dL, dC, dH] = [l2 - l1, c2 - c1, 2 * sqrt(c1 * c2) * sin(radians(dh / 2))];
  const [meanL, meanCh, total] = [(l1 + l2) / 2, (c1 + c2) / 2, h1 + h2];
  const meanH = isGrey ? total : abs(h1 - h2) <= 180 ? total / 2 : total < 360 ? total / 2 + 180 : total / 2 - 180;
  const t =
    1 -
    0.17 * cos(radians(meanH - 30)) +
    0.24 * cos(radians(2 * meanH)) +
    0.32 * cos(radians(3 * meanH + 6)) -
    0.2 * cos(radians(4 * meanH - 63));
  const sL = 1 + (0.015 * (meanL - 50) ** 2) / sqrt(20 + (meanL - 50) ** 2);
  const [sC, sH] = [1 + 0.045 * meanCh, 1 + 0.015 * meanCh * t];
  const rC = 2 * sqrt(meanCh ** 7 / (meanCh ** 7 + 25 ** 7));
  const rT = -sin(radians(60 * exp(-(((meanH - 275) / 25) ** 2)))) * rC;
  return sqrt(Math.max((dL / sL) ** 2 + (dC / sC) ** 2 + (dH / sH) ** 2 + rT * (dC / sC) * (dH / sH), 0));
}
