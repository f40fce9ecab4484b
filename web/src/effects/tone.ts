/**
 * Giving a region another colour while keeping its light and shade: a tone curve on OKLab lightness, never a hue swap.
 *
 * A hue swap does nothing to black hair, which has no hue to swap, and dyeing by multiplication can only darken. Here the region's
 * median colour moves to the target, and every pixel keeps its place above or below that median.
 */

import { type Color, toOklab } from "../pixels/color";
import { median } from "../pixels/lists";
import { Raster, clamp } from "../pixels/raster";

/** From which colour to which, both OKLab, and how the light and shade between them are carried over. */
export interface Palette {
  source: Color;
  target: Color;
  /** How much of the contrast below and above the median stays; 1 is all of it. */
  shade: number;
  light: number;
  /** How much of the region's own differences in hue and chroma stay. */
  variety: number;
}

/** OKLab colours, one after the other, of what is surely inside the mask; an even selection of about `most`. */
export function surelyInside(image: Raster, mask: Raster, most = 10_000): Raster {
  const least = Math.min(0.9, mask.max);
  let count = 0;
  for (const value of mask.data) if (value >= least) count++;
  const step = Math.max(Math.floor(Math.sqrt(count / most)), 1);
  const gather = (by: number): number[] => {
    const found: number[] = [];
    for (let y = 0; y < mask.height; y += by) {
      for (let x = 0; x < mask.width; x += by) if (mask.data[y * mask.width + x] >= least) found.push(y * mask.width + x);
    }
    return found;
  };
  let places = gather(step);
  if (!places.length) places = gather(1);
  const every = Math.floor(places.length / most) + 1;
  const chosen = places.filter((_, i) => i % every === 0);
  const colors = new Raster(1, chosen.length, 3);
  chosen.forEach((place, i) => colors.data.set(image.data.subarray(3 * place, 3 * place + 3), 3 * i));
  return toOklab(colors);
}

export function medianColor({ data }: Raster): Color {
  return [0, 1, 2].map((c) => median(data.filter((_, i) => i % 3 === c))) as unknown as Color;
}

/** An offset of at least 0 bent so that it never reaches `room`; a small one stays as it is. */
function softLimit(offset: number, room: number): number {
  return room <= 1e-4 ? 0 : room - room * Math.exp(-offset / room);
}

/** The same light and shade in the target's colour, OKLab. */
export function recolored(lab: Raster, { source, target, shade, light, variety }: Palette): Raster {
  const result = new Raster(lab.height, lab.width, 3);
  const middle = perceived(target[0]);
  const from = perceived(source[0]);
  for (let k = 0; k < lab.data.length; k += 3) {
    const offset = perceived(lab.data[k]) - from;
    const above = softLimit(Math.max(offset, 0) * light, 1 - middle);
    const lightness = clamp(above - softLimit(Math.max(-offset, 0) * shade, middle) + middle, 0, 1);
    // Pigments are most colourful at middle light: shadows lose chroma with their light, highlights turn towards the lamp's white.
    const fading =
      lightness < middle ? Math.max(lightness / Math.max(middle, 1e-3), 1e-18) ** 0.7 : 1 - (0.5 / Math.max(1 - middle, 1e-3)) * above;
    result.data[k] = fromPerceived(lightness);
    result.data[k + 1] = target[1] * fading + variety * (lab.data[k + 1] - source[1]);
    result.data[k + 2] = target[2] * fading + variety * (lab.data[k + 2] - source[2]);
  }
  return result;
}

/** The palette with its target moved so that the median of the region, shadows and highlights included, comes to lie on it. */
export function aimed(palette: Palette, own: Raster): Palette {
  const reached = medianColor(recolored(own, palette));
  const target = palette.target.map((value, c) => value + (value - reached[c]));
  return { ...palette, target: [clamp(target[0], 0, 1), target[1], target[2]] };
}

// OKLab's lightness is a cube root all the way down, so that a tone curve would turn the rounding of black hair into blotches.
// Ottosson's toe, https://bottosson.github.io/posts/colorpicker/, makes it linear near black as in CIE L*.
const K1 = 0.206;
const K2 = 0.03;
const K3 = (1 + K1) / (1 + K2);

/** Lightness with a toe, close to CIE L* over 100, of OKLab's L. */
export function perceived(lightness: number): number {
  const bent = K3 * lightness - K1;
  return 0.5 * (bent + Math.sqrt(bent * bent + 4 * K2 * K3 * lightness));
}

/** OKLab's L of a lightness with a toe. */
export function fromPerceived(lightness: number): number {
  return (lightness * (lightness + K1)) / (K3 * (lightness + K2));
}

/** The first of three numbers each, OKLab's L, as `perceived` has it, in place. */
export function perceivedAll(colors: Float32Array): void {
  for (let k = 0; k < colors.length; k += 3) {
    const bent = K3 * colors[k] - K1;
    colors[k] = 0.5 * (bent + Math.sqrt(bent * bent + 4 * K2 * K3 * colors[k]));
  }
}

/** The way back, from what is clipped to [0, 1]. */
export function fromPerceivedAll(colors: Float32Array): void {
  for (let k = 0; k < colors.length; k += 3) {
    const lightness = clamp(colors[k], 0, 1);
    colors[k] = (lightness * (lightness + K1)) / (K3 * (lightness + K2));
  }
}

/** lab + strength · (painted - lab). */
export function mixed(lab: Raster, painted: Raster, strength: number): Raster {
  return lab.map((value, k) => value + strength * (painted.data[k] - value));
}
