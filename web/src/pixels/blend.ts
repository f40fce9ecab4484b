/** Putting an effect's pixels into the picture, and knowing what colour lies under a soft edge. */

import { gaussian } from "./blur";
import { Enlarged, inCells } from "./cells";
import { type Raster, clamp, weighted } from "./raster";

/** image + mask · (painted - image); pixels whose mask is 0 keep their bits. */
export function composite(image: Raster, painted: Raster, mask: Raster): Raster {
  const result = image.copy();
  for (let i = 0, k = 0; i < mask.data.length; i++, k += 3) {
    const share = mask.data[i];
    if (share <= 0) continue;
    for (let c = k; c < k + 3; c++) result.data[c] = clamp(image.data[c] + share * (painted.data[c] - image.data[c]), 0, 1);
  }
  return result;
}

/** The mean colour of the surely inside pixels round about, and how far, from 0 to 1, there are any. */
export function insideMean(image: Raster, mask: Raster, radius: number): { mean: Enlarged; near: Enlarged } {
  // A mean over tens of pixels needs no more resolution than that: it is gathered on cells, those of them that are all inside.
  const least = Math.min(mask.height, mask.width);
  const fine = Math.max(Math.min(Math.floor(radius / 8), Math.floor(least / 2)), 1);
  const step = Math.max(Math.min(Math.floor(radius / (2 * fine)), Math.floor(least / (2 * fine))), 1);
  const inside = inCells(mask, fine).map((value) => (value >= 0.95 ? 1 : 0));
  const sigma = Math.max(radius / (step * fine), 0.3);
  const weight = gaussian(inCells(inside, step), sigma);
  const mean = gaussian(inCells(weighted(inCells(image, fine), inside), step), sigma);
  // Too far from any inside pixel, the picture is the better guess.
  const near = weight.map((value) => (value / 0.02 < 0.02 ? 0 : Math.min(value / 0.02, 1)));
  for (let i = 0, k = 0; i < weight.data.length; i++, k += 3) {
    const safe = Math.max(weight.data[i], 1e-6);
    for (let c = k; c < k + 3; c++) mean.data[c] /= safe;
  }
  return { mean: new Enlarged(mean, step * fine), near: new Enlarged(near, step * fine) };
}

/** What the region itself has of the colours, given its `insideMean` there. */
export function inFrontOf(colors: Raster, mask: Raster, mean: Raster, near: Raster): Raster {
  const result = colors.copy();
  for (let i = 0, k = 0; i < mask.data.length; i++, k += 3) {
    const known = near.data[i] * clamp((1 - mask.data[i]) / 0.3, 0, 1);
    if (known === 0) continue;
    for (let c = k; c < k + 3; c++) result.data[c] += known * (mean.data[c] - result.data[c]);
  }
  return result;
}

/** The colour that the region itself has, also where a soft edge, about `radius` wide, mixes it with what lies behind. */
export function foreground(image: Raster, mask: Raster, radius: number): Raster {
  const { mean, near } = insideMean(image, mask, radius);
  const all = [0, 0, mask.width, mask.height] as const;
  return inFrontOf(image, mask, mean.part(all), near.part(all));
}
