/** A picture as it would look in white light, and what was painted on that in the light that there is. */

import { fromLinear, linear } from "./color";
import { Raster, clamp } from "./raster";

/** How strong a light is for red, green and blue; 1 each for white light of normal exposure. */
export type Light = readonly [number, number, number];

export const WHITE: Light = [1, 1, 1];

/** The picture divided by the light; what is brighter than white there is white. */
export function inWhiteLight(image: Raster, light: Light): Raster {
  const { data } = image;
  const result = new Float32Array(data.length);
  for (let c = 0; c < 3; c++) {
    const share = 1 / light[c];
    for (let k = c; k < data.length; k += 3) result[k] = fromLinear(linear(data[k]) * share);
  }
  return new Raster(image.height, image.width, 3, result);
}

/**
 * The picture with what was painted on it as it looks in white light. What was added or taken there is so in this light; so highlights
 * that are brighter than white there stay, and pixels that nothing was painted on keep their bits.
 */
export function inItsLight(image: Raster, white: Raster, painted: Raster, light: Light): Raster {
  const result = image.copy();
  const { data } = result;
  for (let k = 0; k < data.length; k++) {
    const before = white.data[k];
    const after = painted.data[k];
    if (before === after) continue;
    data[k] = fromLinear(linear(data[k]) + light[k % 3] * (linear(clamp(after, 0, 1)) - linear(before)));
  }
  return result;
}
