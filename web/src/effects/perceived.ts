/** OKLab with perceived lightness: that of `tone`, with a toe. */

import { type Color, fromOklabAll, oklabAll } from "../pixels/color";
import type { Raster } from "../pixels/raster";
import { fromPerceivedAll, perceived, perceivedAll } from "./tone";

/** Of RGB in [0, 1]. */
export function seen(rgb: Raster): Raster {
  const lab = rgb.copy();
  seenAll(lab.data);
  return lab;
}

/** The same of colours one after the other, in place. */
export function seenAll(colors: Float32Array): void {
  oklabAll(colors);
  perceivedAll(colors);
}

export function seenColor([light, a, b]: Color): Color {
  return [perceived(light), a, b];
}

/** RGB in [0, 1] of colours one after the other, in place. */
export function shownAll(colors: Float32Array): void {
  fromPerceivedAll(colors);
  fromOklabAll(colors);
}
