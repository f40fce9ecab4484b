/** Hair dye. */

import { box } from "../pixels/blur";
import { foreground, inFrontOf, insideMean } from "../pixels/blend";
import { Enlarged, inCells, tiles } from "../pixels/cells";
import { fromOklab, oklabOf, ofHex, toOklab } from "../pixels/color";
import { Raster, clamp, quantile, rounded } from "../pixels/raster";
import { Bits } from "../pixels/shapes";
import { type TwoColors, shareOfSecond } from "./hairPatterns";
import { Hair } from "./hairStrands";
import type { Paint } from "./paint";
import { type Palette, aimed, medianColor, mixed, perceived, recolored, surelyInside } from "./tone";

export interface HairParameters {
  color: string;
  strength: number;
  pattern: "full" | TwoColors;
  second: string;
  natural: boolean;
}

/** How wide the hair's soft edge is, and what counts as single strands, in face units. */
const EDGE = 0.02;
const STRAND = 0.04;
/** How many pixels of the copy, at least, that width is. */
const FINE = 4;
/** Variance of perceived lightness among the strands of one lock. */
const STRAND_VARIANCE = 0.015;
/** Hair's lightness spans about this much times the root of its median from the 10th to the 90th percentile. */
const SPAN = 0.63;
/** Half bleached hair is warm, where a mixture of black and blonde would be olive: this part of the lightening is added as red. */
const WARMTH = 0.15;

/** Dye the hair, strand by strand: black can go blonde and blonde black, with shadows and shine kept. */
export const recolorHair: Paint<HairParameters> = ({ image, mask, unit, face, random }, { color, strength, pattern, second, natural }) => {
  const own = surelyInside(image, mask);
  const dye = dyeOf(color, own);
  const twoColors = pattern === "full" ? null : { share: shareOfSecond(pattern, Hair.in(image, mask, face), random()), dye: dyeOf(second, own) };
  const { mean, near } = insideMean(image, mask, EDGE * unit);
  const means = new Enlarged(toOklab(mean.values), mean.cell);
  const light = broadLight(image, mask, unit);
  const result = image.copy();
  const where = Bits.of(mask, (value) => value > 0); // a head of hair fills about half of its box
  for (const tile of tiles(where)) {
    const [pixels, inside] = [image.part(tile), mask.part(tile)];
    const lab = toOklab(pixels);
    // The colour that the hair itself has, not the mixture at its edge, which would turn skin and sky into a bright rim.
    const hair = inFrontOf(lab, inside, means.part(tile), near.part(tile));
    const [slope, offset] = [light.slope.part(tile), light.offset.part(tile)];
    const broad = slope.map((value, i) => value * perceived(hair.data[3 * i]) + offset.data[i]);
    const inColor = (one: Dye): Raster => recolored(hair, one.palette, broad, one.detail);
    let dyed = natural && twoColors ? lab : inColor(dye);
    if (twoColors) dyed = towards(inColor(twoColors.dye), dyed, twoColors.share.part(tile), natural ? strength : null);
    result.put(fromOklab(mixed(lab, dyed, strength)), tile[0], tile[1]);
  }
  return result;
};

/** One colour turned into the other in a share, and warm halfway if what is turned is bleached so `strongly`. */
function towards(other: Raster, dyed: Raster, share: Raster, strongly: number | null): Raster {
  const result = dyed.copy();
  for (let i = 0, k = 0; i < share.data.length; i++, k += 3) {
    const part = share.data[i];
    const lightening = other.data[k] - dyed.data[k];
    for (let c = k; c < k + 3; c++) result.data[c] += part * (other.data[c] - dyed.data[c]);
    if (strongly !== null) result.data[k + 1] += WARMTH * part * (1 - strongly * part) * Math.max(lightening, 0);
  }
  return result;
}

/** A colour fitted to one head of hair, and how strong the single strands are in it; 1 is as strong as they are. */
interface Dye {
  palette: Palette;
  detail: number;
}

function dyeOf(color: string, own: Raster): Dye {
  const target = oklabOf(ofHex(color));
  const lightness = Float64Array.from({ length: own.width }, (_, i) => perceived(own.data[3 * i]));
  const [shade, light] = contrast(lightness, perceived(target[0]));
  const palette = aimed({ source: medianColor(own), target, shade, light, variety: 0.4 }, own);
  const after = recolored(own, palette);
  const spread = deviation(Float64Array.from({ length: own.width }, (_, i) => perceived(after.data[3 * i])));
  return { palette, detail: clamp(spread / Math.max(deviation(lightness), 1e-3), 0.3, 2.2) };
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/**
 * How much to stretch what lies below and above the median, so that dyed hair has the contrast of hair of its new lightness:
 * highlights only as far as they still differ from white, and shadows not much more than those.
 */
function contrast(lightness: Float64Array, target: number): [number, number] {
  const sorted = lightness.slice().sort();
  const [low, middle, high, bright] = [0.1, 0.5, 0.9, 0.98].map((share) => quantile(sorted, share, true));
  const wanted = (SPAN * Math.sqrt(target)) / Math.max(high - low, 1e-3);
  const room = (1.5 * (1 - target)) / Math.max(bright - middle, 1e-3);
  const light = clamp(wanted, 0.45, clamp(room, 0.8, 2.2));
  return [clamp(wanted, 0.45, 1.4 * light), light];
}

/** The hair's lightness without its strands: slope and offset by which it follows from each pixel's own, by the guided filter. */
function broadLight(image: Raster, mask: Raster, unit: number): { slope: Enlarged; offset: Enlarged } {
  const cell = Math.max(Math.min(Math.floor((STRAND * unit) / FINE), mask.height, mask.width), 1);
  // The hair's own light, also beyond its edge: what is behind it must not take part.
  const hair = toOklab(foreground(inCells(image, cell), inCells(mask, cell), (EDGE * unit) / cell));
  const light = new Raster(hair.height, hair.width).map((_, i) => perceived(hair.data[3 * i]));
  const reach = Math.max(rounded((STRAND * unit) / cell), 1);
  const middle = box(light, reach);
  const squares = box(
    light.map((value) => value * value),
    reach,
  );
  const slope = squares.map((value, i) => {
    const variance = Math.max(value - middle.data[i] * middle.data[i], 0);
    return variance / (variance + STRAND_VARIANCE);
  });
  const offset = middle.map((value, i) => value * (1 - slope.data[i]));
  return { slope: new Enlarged(box(slope, reach), cell), offset: new Enlarged(box(offset, reach), cell) };
}
