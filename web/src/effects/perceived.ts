/** OKLab with perceived lightness: that of `tone`, with a toe. */

import { type Color, fromOklab, toOklab } from "../pixels/color";
import { type Raster, clamp } from "../pixels/raster";
import { fromPerceived, perceived } from "./tone";

/** Of RGB in [0, 1]. */
export function seen(rgb: Raster): Raster {
  const lab = toOklab(rgb);
  for (let k = 0; k < lab.data.length; k += 3) lab.data[k] = perceived(lab.data[k]);
  return lab;
}

export function seenColor([light, a, b]: Color): Color {
  return [perceived(light), a, b];
}

/** RGB in [0, 1]. */
export function shown(lab: Raster): Raster {
  const own = lab.copy();
  for (let k = 0; k < own.data.length; k += 3) own.data[k] = fromPerceived(clamp(own.data[k], 0, 1));
  return fromOklab(own);
}
