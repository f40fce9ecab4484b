/** Soft-mask algebra. Every function returns a new mask and accepts empty and full ones. */

import { Raster, type Window, clamp } from "./raster";

/** 0 below `low`, 1 above `high`, straight in between. */
export function ramp(mask: Raster, low: number, high: number): Raster {
  const result = new Raster(mask.height, mask.width);
  for (let i = 0; i < result.data.length; i++) result.data[i] = ramped(mask.data[i], low, high);
  return result;
}

export function ramped(value: number, low: number, high: number): number {
  return clamp((value - low) / (high - low), 0, 1);
}

/** 0 below `low`, 1 above `high`, and without a bend in between: the cubic called smoothstep. */
export function smoothRamp(values: Raster, low: number, high: number): Raster {
  return values.map((value) => smoothlyRamped(value, low, high));
}

export function smoothlyRamped(value: number, low: number, high: number): number {
  const share = ramped(value, low, high);
  return share * share * (3 - 2 * share);
}

/** The smallest box round everything above a value; null if there is nothing. */
export function windowOf({ height, width, data }: Raster, above = 0): Window | null {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let y = 0, row = 0; y < height; y++, row += width) {
    let first = 0;
    while (first < width && !(data[row + first] > above)) first++;
    if (first === width) continue;
    let last = width - 1;
    while (!(data[row + last] > above)) last--;
    if (first < x0) x0 = first;
    if (last >= x1) x1 = last + 1;
    if (y < y0) y0 = y;
    y1 = y + 1;
  }
  return y1 ? [x0, y0, x1, y1] : null;
}
