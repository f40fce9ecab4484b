/**
 * A picture as it would look in white light, and what was painted on that in the light that there is.
 *
 * sRGB's curve is a power of light but for its dark end, which is a line. So in so many times the light a code value is itself times a
 * factor plus a shift, or times a factor alone at the dark end, and no powers are taken: from a fourth to four times the light this is
 * right to half a step of 8 bits, in the few dark values between line and curve, and exact elsewhere; the way back is its inverse.
 */

import { fromLinear, linear } from "./color";
import { type Raster, clamp } from "./raster";

/** How strong a light is for red, green and blue; 1 each for white light of normal exposure. */
export type Light = readonly [number, number, number];

export const WHITE: Light = [1, 1, 1];

/** sRGB's curve is light = ((code + SHIFT) / (1 + SHIFT)) ** POWER, and below its knee code / LINE (IEC 61966-2-1). */
const SHIFT = 0.055;
const POWER = 2.4;
const LINE = 12.92;
const KNEE_LIGHT = 0.04045 / LINE;

/** The picture divided by the light; what is brighter than white there is white. */
export function inWhiteLight(image: Raster, light: Light): Raster {
  const result = image.copy();
  const { data } = result;
  light.forEach((strength, c) => {
    const more = inTimesTheLight(1 / strength);
    for (let k = c; k < data.length; k += 3) data[k] = more(data[k]);
  });
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
  light.forEach((strength, c) => putInLight(result.data, white.data, painted.data, where.data, strength, c));
  return result;
}

function putInLight(own: Float32Array, white: Float32Array, painted: Float32Array, where: Float32Array, strength: number, c: number): void {
  const less = inTimesTheLight(strength);
  for (let i = 0, k = c; i < where.length; i++, k += 3) {
    if (!(where[i] > 0) || white[k] === painted[k]) continue;
    const shown = clamp(painted[k], 0, 1);
    // What is brighter in this light than white there stays so by as much.
    own[k] = white[k] < 1 ? less(shown) : fromLinear(linear(own[k]) + (linear(shown) - 1) * strength);
  }
}

/** What a code value is in so many times the light, cut to white: the lowest of straight lines, of light below 1 the highest. */
function inTimesTheLight(light: number): (code: number) => number {
  const [[a, b], [c, d], [e, f]] = straightPieces(light);
  if (light < 1) return (code) => Math.min(Math.max(a * code + b, c * code + d, e * code + f), 1);
  return (code) => Math.min(a * code + b, c * code + d, e * code + f, 1);
}

/**
 * Factors and shifts of the straight lines, from the dark end on: sRGB's line; a tangent in the middle of what is on the line in one
 * light and on the curve in the other; sRGB's curve. Of light below 1 they are the way back from its inverse.
 */
function straightPieces(light: number): [number, number][] {
  const more = Math.max(light, 1 / light);
  const factor = more ** (1 / POWER);
  const middle = KNEE_LIGHT / Math.sqrt(more); // light, before; after it is as far above the knee
  const after = (1 + SHIFT) * (middle * more) ** (1 / POWER); // a code value, but for the shift
  const slope = after / (POWER * middle * LINE);
  const curve: [number, number] = [factor, SHIFT * (factor - 1)];
  // Of nearly white light that tangent is no steeper than the curve, since sRGB's has a slight bend where line and curve meet.
  const tangent: [number, number] = slope > factor ? [slope, after - SHIFT - slope * middle * LINE] : curve;
  const pieces: [number, number][] = [[more, 0], tangent, curve];
  return light < 1 ? pieces.map(([times, shift]) => [1 / times, -shift / times]) : pieces;
}
