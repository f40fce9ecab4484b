/** Large pictures in parts: cells of several pixels, which is enough for what varies slowly, and tiles, of which few need work. */

import { gaussian } from "./blur";
import { Raster, type Window, rounded } from "./raster";
import { resized, shrunkTo } from "./resize";
import { Bits, dilated, square } from "./shapes";

/** Deviations of a mean that go into a cell, about, on which it is found. */
const OF_MEAN = 1.7;

/** Each square of `cell` pixels a side averaged; at the far borders one may be cut. */
export function inCells(values: Raster, cell: number): Raster {
  if (cell === 1) return values;
  const height = Math.floor(values.height / cell);
  const width = Math.floor(values.width / cell);
  const whole = shrunkTo(values.part([0, 0, width * cell, height * cell]), width, height);
  const result = new Raster(Math.ceil(values.height / cell), Math.ceil(values.width / cell), values.channels);
  result.put(whole, 0, 0);
  if (result.width > width) {
    for (let y = 0; y < height; y++) result.put(result.part([width - 1, y, width, y + 1]), width, y);
  }
  if (result.height > height) result.put(result.part([0, height - 1, result.width, height]), 0, height);
  return result;
}

/** The side of the cells on which a Gaussian mean over a picture of that size is found: broad ones need no more. */
export function cellOfMean(sigma: number, { height, width }: { height: number; width: number }): number {
  return Math.max(Math.min(rounded(sigma / OF_MEAN), height, width), 1);
}

/** The Gaussian mean of a picture, in cells; `sigma` is in pixels. */
export function broadly(values: Raster, sigma: number, cell: number): Raster {
  // to average cells and to go straight from one to the next blurs, too: as a deviation of half a cell
  const left = Math.max(cell === 1 ? sigma : Math.sqrt(Math.max(sigma ** 2 - cell ** 2 / 4, 0)) / cell, 0.3);
  return gaussian(inCells(values, cell), left, "reflect101", Math.ceil(3 * left)); // what lies farther is a four hundredth
}

/** A picture in cells, of which parts can be had in pixels, bilinearly. */
export class Enlarged {
  constructor(
    readonly values: Raster,
    readonly cell: number,
  ) {}

  /** All of it, at the size of another. */
  allOf({ height, width }: { height: number; width: number }): Raster {
    return this.part([0, 0, width, height]);
  }

  part([x0, y0, x1, y1]: Window): Raster {
    const { values, cell } = this;
    if (cell === 1) return values.part([x0, y0, x1, y1]);
    const left = Math.max(Math.floor(x0 / cell) - 1, 0);
    const top = Math.max(Math.floor(y0 / cell) - 1, 0);
    const right = Math.min(Math.ceil(x1 / cell) + 1, values.width);
    const bottom = Math.min(Math.ceil(y1 / cell) + 1, values.height);
    const isWhole = left === 0 && top === 0 && right === values.width && bottom === values.height;
    const near = isWhole ? values : values.part([left, top, right, bottom]);
    const full = resized(near, near.width * cell, near.height * cell);
    const isAll = x0 === left * cell && y0 === top * cell && x1 - x0 === full.width && y1 - y0 === full.height;
    return isAll ? full : full.part([x0 - left * cell, y0 - top * cell, x1 - left * cell, y1 - top * cell]);
  }
}

/** The tiles of so many pixels a side in which something is yes, each cut down to that. */
export function* tiles(where: Bits, side = 64): Generator<Window> {
  for (let y0 = 0; y0 < where.height; y0 += side) {
    const y1 = Math.min(y0 + side, where.height);
    for (let x0 = 0; x0 < where.width; x0 += side) {
      const x1 = Math.min(x0 + side, where.width);
      const chosen = boxOf(where, x0, y0, x1, y1);
      if (chosen) yield chosen;
    }
  }
}

/** The smallest box round all that is yes in a tile; null if nothing is. */
function boxOf({ data, width }: Bits, x0: number, y0: number, x1: number, y1: number): Window | null {
  let [left, top, right, bottom] = [x1, y1, x0, y0];
  for (let y = y0; y < y1; y++) {
    const row = y * width;
    let first = x0;
    while (first < x1 && !data[row + first]) first++;
    if (first === x1) continue;
    let last = x1 - 1;
    while (!data[row + last]) last--;
    left = Math.min(left, first);
    right = Math.max(right, last + 1);
    top = Math.min(top, y);
    bottom = y + 1;
  }
  return right > left ? [left, top, right, bottom] : null;
}

/** The tiles, in pixels, of a picture of that size that hold a chosen cell, or one next to it: between the two both count. */
export function* tilesOfCells(where: Bits, cell: number, { height, width }: { height: number; width: number }): Generator<Window> {
  const around = Bits.above(dilated(where.raster, square(1)), 0);
  for (const [x0, y0, x1, y1] of tiles(around, Math.max(Math.floor(64 / cell), 4))) {
    yield [x0 * cell, y0 * cell, Math.min(x1 * cell, width), Math.min(y1 * cell, height)];
  }
}
