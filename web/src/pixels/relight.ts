/** A picture as it would look in white light, and what was painted on that in the light that there is. */

import { floats } from "./borrowed";
import { fromLinearAll, linearAll } from "./color";
import { type Raster, clamp } from "./raster";

/** How strong a light is for red, green and blue; 1 each for white light of normal exposure. */
export type Light = readonly [number, number, number];

export const WHITE: Light = [1, 1, 1];

/** The picture divided by the light; what is brighter than white there is white. */
export function inWhiteLight(image: Raster, light: Light): Raster {
  const result = image.copy();
  const { data } = result;
  linearAll(data);
  for (let c = 0; c < 3; c++) {
    const share = 1 / light[c];
    for (let k = c; k < data.length; k += 3) data[k] *= share;
  }
  fromLinearAll(data);
  return result;
}

/**
 * The picture with what was painted on it as it looks in white light. What was added or taken there is so in this light; so highlights
 * that are brighter than white there stay, and pixels that nothing was painted on keep their bits.
 *
 * @param where the pixels that are asked for, those above 0; the others stay as they are.
 */
export function inItsLight(image: Raster, white: Raster, painted: Raster, light: Light, where: Raster): Raster {
  const result = image.copy();
  const { data } = result;
  for (let c = 0; c < 3; c++) {
    const places = changed(white, painted, where, c);
    const [own, added] = [floats(places.length, true), floats(places.length, true)];
    for (let i = 0; i < places.length; i++) {
      own[i] = data[places[i]];
      added[i] = clamp(painted.data[places[i]], 0, 1);
    }
    linearAll(own);
    linearAll(added);
    const [strength, share] = [light[c], 1 / light[c]];
    for (let i = 0; i < own.length; i++) own[i] += strength * (added[i] - clamp(own[i] * share, 0, 1));
    fromLinearAll(own);
    for (let i = 0; i < own.length; i++) data[places[i]] = own[i];
  }
  return result;
}

/** Where one channel of the pixels that are asked for was painted on: places of its values. */
function changed(white: Raster, painted: Raster, where: Raster, channel: number): Int32Array {
  const result = new Int32Array(where.data.length);
  let count = 0;
  for (let i = 0, k = channel; i < result.length; i++, k += 3) {
    if (where.data[i] > 0 && white.data[k] !== painted.data[k]) result[count++] = k;
  }
  return result.subarray(0, count);
}
