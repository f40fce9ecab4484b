/** Soft-mask algebra. Every function returns a new mask and accepts empty and full ones. */

import { type Raster, type Window, clamp, rounded } from "./raster";
import { resized, shrunkTo } from "./resize";

/** 0 below `low`, 1 above `high`, straight in between. */
export function ramp(mask: Raster, low: number, high: number): Raster {
  return mask.map((value) => ramped(value, low, high));
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

/** The smallest box round everything for which a test says yes; null if there is nothing. */
export function windowOf(mask: Raster, test: (value: number) => boolean = (value) => value !== 0): Window | null {
  let [x0, y0, x1, y1] = [mask.width, mask.height, 0, 0];
  for (let y = 0, at = 0; y < mask.height; y++) {
    for (let x = 0; x < mask.width; x++, at++) {
      if (!test(mask.data[at])) continue;
      if (x < x0) x0 = x;
      if (x >= x1) x1 = x + 1;
      if (y < y0) y0 = y;
      y1 = y + 1;
    }
  }
  return y1 ? [x0, y0, x1, y1] : null;
}

/** A picture smaller by a factor, each pixel the mean of those it stands for; as it is for 1 and less. */
export function shrunk(values: Raster, factor: number): Raster {
  if (factor <= 1) return values;
  return shrunkTo(values, Math.max(rounded(values.width / factor), 1), Math.max(rounded(values.height / factor), 1));
}

/** A picture at the size of another, bilinearly. */
export function enlarged(values: Raster, like: { height: number; width: number }): Raster {
  return resized(values, like.width, like.height);
}
