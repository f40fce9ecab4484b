/**
 * What is seen through hair: the share that it has in each pixel, found by taking the mixture of its colour and another apart.
 *
 * A parser gives curls with their gaps to the hair. Where hair differs clearly from what lies beyond its edge, a pixel on the way
 * from the one colour to the other is so much of either (the compositing equation, solved for alpha). Lights in hair lie on that way
 * too, so a gap must be open towards the edge: seen smoothly, it must not be closed off by hair that is dense. And where it is deep,
 * what is beyond must show clearly somewhere in it: a light in smooth hair is nowhere as light as a wall.
 */

import { gaussian } from "./blur";
import { Enlarged, broadly, cellOfMean, inCells, tilesOfCells } from "./cells";
import { type Layer, putOnTile } from "./fullSize";
import { ramped, smoothlyRamped } from "./masks";
import { Raster, clamp } from "./raster";
import { Bits, depth, dilated, square } from "./shapes";

/** How many cells a face unit is: what is looked at varies slowly. */
const DETAIL = 40;
/** From so far beyond the edge on there is no hair; and from so deep on it is as dense as it gets, in face units. */
const CLEAR = 0.02;
const DENSE = 0.15;
/** Standard deviations over which the colours beyond and of dense hair are gathered, in face units. */
const BEYOND = 0.12;
const WITHIN = 0.25;
/** How often dense hair is told anew from what is seen through it. */
const TURNS = 3;
/** How far apart the colours must be, in RGB and in deviations of dense hair, to be told apart: not at all, and surely. */
const APART = [0.15, 0.35] as const;
const CLEARLY = [2, 6] as const;
/** How far beside the way from one colour to the other a pixel may lie, in RGB: surely a mixture, and none. */
const BESIDE = [0.07, 0.14] as const;
/** Over what a gap is seen smoothly, in face units, and how much of one it takes. */
const SMOOTHLY = 0.03;
const OPEN = 3;
/** From where to where behind the edge, in face units, a gap must be so clear, from not at all to surely, within such a distance. */
const DEEP = [0.02, 0.06] as const;
const CLEAR_GAP = [0.3, 0.6] as const;
const NEAR = 0.05;

/**
 * The mask, of hair or of more, less what is seen through the hair at its edge.
 *
 * @param about is given the side of a cell in pixels, and gives two maps of such cells: how surely each is hair, and how deep behind
 *   the edge something may be seen through there, in face units.
 */
export function seenThrough(mask: Raster, image: Raster, unit: number, about: (cell: number) => readonly [Raster, Raster]): Raster {
  const result = mask.copy();
  if (!mask.area) return result;
  const cell = Math.max(Math.min(Math.floor(unit / DETAIL + 0.5), mask.height, mask.width), 1);
  const share = inCells(mask, cell);
  if (!(share.min < 0.1) || !(share.max > 0.9)) return result;
  const layer = layerOf(share, inCells(image, cell), unit / cell, ...about(cell));
  for (const tile of tilesOfCells(Bits.above(layer.weight, 0), cell, mask)) {
    const part = mask.part(tile);
    const thin = part.copy();
    putOnTile(layer, thin, image.part(tile), tile, cell);
    result.put(thin.map((value, i) => Math.min(value, part.data[i])), tile[0], tile[1]);
  }
  return result;
}

/** How the share follows from a pixel's colour, all of it in cells. */
function layerOf(share: Raster, colors: Raster, unit: number, hair: Raster, deepest: Raster): Layer {
  const { height, width } = share;
  const deep = depth(Bits.above(share, 0.9));
  const beyond = depth(Bits.of(share, (value) => value < 0.1)).map((value) => clamp(value - CLEAR * unit, 0, 1));
  const back = meanOf(colors, beyond, BEYOND * unit);
  const dense = deep.map((value, i) => clamp(value / (DENSE * unit), 0, 1) * hair.data[i] ** 4);
  let weight = dense;
  let front = back;
  const [apart, along, beside, spread, gap] = [0, 1, 2, 3, 4].map(() => new Raster(height, width));
  // At first with what is seen through among it.
  for (let turn = 0; turn < TURNS; turn++) {
    front = meanOf(colors, weight, WITHIN * unit);
    for (let i = 0, k = 0; i < share.area; i++, k += 3) {
      let [length, dot, off] = [0, 0, 0];
      for (let c = k; c < k + 3; c++) {
        const [axis, from] = [back.mean.data[c] - front.mean.data[c], colors.data[c] - front.mean.data[c]];
        length += axis * axis;
        dot += axis * from;
        off += from * from;
      }
      apart.data[i] = Math.sqrt(Math.max(length, 1e-6));
      along.data[i] = dot / apart.data[i];
      beside.data[i] = Math.sqrt(Math.max(off - along.data[i] ** 2, 0));
    }
    const squares = meanOf(along.map((value) => value * value), weight, WITHIN * unit).mean;
    for (let i = 0; i < share.area; i++) {
      spread.data[i] = Math.sqrt(Math.max(squares.data[i], 1e-6));
      // What is no lighter than hair here mostly is, is hair.
      gap.data[i] = clamp((along.data[i] - spread.data[i]) / Math.max(apart.data[i] - spread.data[i], 0.02), 0, 1);
    }
    weight = dense.map((value, i) => value * (1 - gap.data[i]) ** 4);
  }
  const inside = Bits.above(share, 0.5);
  const open = reached(gap, inside, unit, deepest.max);
  const clearest = dilated(gap.map((value, i) => (inside.data[i] ? value : 0)), square(Math.floor(NEAR * unit + 0.5)));
  const layer = { slope: new Raster(height, width, 3), offset: new Raster(height, width), weight: new Raster(height, width) };
  for (let i = 0, k = 0; i < share.area; i++, k += 3) {
    const room = apart.data[i] - spread.data[i];
    const span = Math.max(room, 0.02);
    let offset = 1 + spread.data[i] / span;
    for (let c = k; c < k + 3; c++) {
      const slope = (front.mean.data[c] - back.mean.data[c]) / (apart.data[i] * span);
      layer.slope.data[c] = slope;
      offset -= slope * front.mean.data[c];
    }
    layer.offset.data[i] = offset;
    if (share.data[i] <= 0) continue;
    let trust = ramped(room, ...APART) * ramped(room / spread.data[i], ...CLEARLY) * Math.min(front.near.data[i], back.near.data[i]);
    if (inside.data[i]) trust *= 1 - smoothlyRamped(beside.data[i], ...BESIDE);
    trust *= 1 - smoothlyRamped(deep.data[i] / Math.max(deepest.data[i] * unit, 1e-3), 0.5, 1);
    trust *= 1 - smoothlyRamped(deep.data[i] / unit, ...DEEP) * (1 - smoothlyRamped(clearest.data[i], ...CLEAR_GAP));
    layer.weight.data[i] = trust * clamp(OPEN * open.data[i], 0, 1);
  }
  return layer;
}

/**
 * How open it is on the most open way in from outside, at its narrowest, as far in as anything can be seen through.
 *
 * This is the grey-scale reconstruction by dilation (Vincent, "Morphological grayscale reconstruction in image analysis", IEEE
 * Transactions on Image Processing 2, 1993).
 */
function reached(gap: Raster, inside: Bits, unit: number, deepest: number): Raster {
  const limit = gaussian(gap.map((value, i) => (inside.data[i] ? value : 1)), Math.max(SMOOTHLY * unit, 0.5));
  let result = inside.map((bit) => !bit).raster;
  for (let step = Math.trunc(deepest * unit) + 1; step > 0; step--) {
    result = dilated(result, square(1)).map((value, i) => (inside.data[i] ? Math.min(value, limit.data[i]) : 1));
  }
  return result;
}

/** The weighted mean round about, and from 0 to 1 whether there is anything to take it from. */
function meanOf(values: Raster, weight: Raster, radius: number): { mean: Raster; near: Raster } {
  const { channels } = values;
  const all = new Raster(values.height, values.width, channels + 1);
  for (let i = 0, k = 0, p = 0; i < weight.data.length; i++, p++) {
    for (let c = 0; c < channels; c++, k++, p++) all.data[p] = weight.data[i] * values.data[k];
    all.data[p] = weight.data[i];
  }
  const cell = cellOfMean(radius, weight);
  const sums = broadly(all, radius, cell);
  const mean = new Raster(sums.height, sums.width, channels);
  const near = new Raster(sums.height, sums.width);
  for (let i = 0, k = 0, p = 0; i < near.data.length; i++, p++) {
    const total = sums.data[p + channels];
    for (let c = 0; c < channels; c++, k++, p++) mean.data[k] = sums.data[p] / Math.max(total, 1e-5);
    near.data[i] = clamp(total / 0.02, 0, 1);
  }
  return { mean: new Enlarged(mean, cell).allOf(weight), near: new Enlarged(near, cell).allOf(weight) };
}
