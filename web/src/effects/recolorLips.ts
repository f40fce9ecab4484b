/** Lipstick. */

import { gaussian } from "../pixels/blur";
import { fromOklab, oklabOf, ofHex, toOklab } from "../pixels/color";
import { quantile, quantiles } from "../pixels/lists";
import { ramped, smoothlyRamped } from "../pixels/masks";
import { type Raster, clamp } from "../pixels/raster";
import { Bits, depth, fillHoles } from "../pixels/shapes";
import type { FaceView } from "../face/face";
import type { Paint } from "./paint";
import { aimed, medianColor, mixed, recolored, surelyInside } from "./tone";

export type Finish = "matte" | "satin" | "gloss" | "metallic";

/** How much of the contrast below and above the lips' median lightness each finish keeps. */
const CONTRAST: Record<Finish, readonly [number, number]> = { matte: [0.85, 0.45], satin: [1, 0.9], gloss: [1.1, 1.2], metallic: [1.35, 1.1] };

export interface LipsParameters {
  color: string;
  strength: number;
  finish: Finish;
  second: string;
  ombre: number;
}

/** Colour the lips, keeping their light, shade and lines; teeth and skin stay as they are. */
export const recolorLips: Paint<LipsParameters> = ({ image, mask, unit, face }, { color, strength, finish, second, ombre }) => {
  const lab = toOklab(image);
  const own = surelyInside(image, mask);
  const inColor = (code: string): Raster => {
    const [shade, light] = CONTRAST[finish];
    const palette = { source: medianColor(own), target: oklabOf(ofHex(code)), shade, light, variety: 0.25 };
    return recolored(lab, aimed(palette, own));
  };
  let painted = inColor(color);
  if (ombre) {
    const edge = towardsEdge(face);
    const other = inColor(second);
    painted = painted.map((value, k) => value + ombre * edge.data[Math.floor(k / 3)] * (other.data[k] - value));
  }
  const lightness = lab.plane(0);
  if (finish === "gloss") painted = shine(painted, lightness, mask, unit);
  else if (finish === "metallic") painted = metal(painted, lightness, mask, unit);
  return fromOklab(mixed(lab, painted, strength));
};

/** 1 at the outer edge of the lips and in their corners, falling to 0 where they meet. */
function towardsEdge(face: FaceView): Raster {
  const mouth = fillHoles(face.mask("mouth"));
  const deep = depth(Bits.of(mouth, (value) => value >= 0.5));
  const edge = mouth.map(() => 1);
  for (const name of ["upper_lip", "lower_lip"]) {
    const lip = face.mask(name);
    const depths = deep.data.filter((_, i) => lip.data[i] >= 0.5);
    if (!depths.length) continue; // each by its own thickness
    const reach = Math.max(0.8 * quantile(depths, 0.95), 1);
    for (let i = 0; i < edge.data.length; i++) {
      edge.data[i] += lip.data[i] * (1 - smoothlyRamped(deep.data[i], 0.1 * reach, reach) - edge.data[i]);
    }
  }
  return gaussian(edge, Math.max(0.008 * face.unit, 0.5));
}

function valuesInside(values: Raster, mask: Raster): Float32Array {
  return values.data.filter((_, i) => mask.data[i] > 0.8);
}

/** The sheen of metal: broad highlights and fine lines, both brighter, in the metal's own colour instead of the lamp's. */
function metal(painted: Raster, lightness: Raster, mask: Raster, unit: number): Raster {
  const around = gaussian(lightness, Math.max(0.045 * unit, 1));
  const broad = gaussian(lightness, Math.max(0.012 * unit, 0.7));
  const finest = gaussian(lightness, Math.max(0.002 * unit, 0.4));
  const ridge = broad.map((value, i) => value - around.data[i]);
  const inside = valuesInside(ridge, mask);
  if (!inside.length) return painted;
  const [low, high] = quantiles(inside, [0.3, 0.97]);
  const result = painted.copy();
  for (let i = 0, k = 0; i < ridge.data.length; i++, k += 3) {
    const sheen = smoothlyRamped(ridge.data[i], low, Math.max(high, low + 0.02)) * ramped(mask.data[i], 0.4, 0.9);
    const fine = clamp(finest.data[i] - broad.data[i], -0.03, 0.06);
    result.data[k] += sheen * 0.45 * (1 - painted.data[k]) - (1 - sheen) * 0.06 + 1.5 * fine;
    result.data[k + 1] *= 1 + 0.2 * sheen;
    result.data[k + 2] *= 1 + 0.2 * sheen;
  }
  return result;
}

/** The wet highlights of gloss where the lips already catch most light: ridges that stand out from what is round them. */
function shine(painted: Raster, lightness: Raster, mask: Raster, unit: number): Raster {
  const around = gaussian(lightness, Math.max(0.03 * unit, 1));
  const fine = gaussian(lightness, Math.max(0.004 * unit, 0.5));
  const ridge = fine.map((value, i) => Math.max(value - around.data[i], 0) * clamp((mask.data[i] - 0.6) / 0.4, 0, 1));
  const inside = valuesInside(ridge, mask);
  if (!inside.some((value) => value > 0)) return painted;
  const [low, high] = quantiles(inside, [0.7, 0.985]);
  const result = painted.copy();
  for (let i = 0, k = 0; i < ridge.data.length; i++, k += 3) {
    const spark = clamp((ridge.data[i] - low) / Math.max(high - low, 1e-3), 0, 1) ** 1.5;
    result.data[k] += spark * 0.3 * (1 - painted.data[k]);
    result.data[k + 1] -= spark * 0.25 * painted.data[k + 1];
    result.data[k + 2] -= spark * 0.25 * painted.data[k + 2];
  }
  return result;
}
