/** Putting an effect's pixels into the picture, and knowing what colour lies under a soft edge. */

import { gaussian } from "./blur";
import { Enlarged, inCells } from "./cells";
import { Raster, clamp, rounded, weighted } from "./raster";
import { Bits } from "./shapes";

/** image + mask · (painted - image); pixels whose mask is 0 keep their bits. */
export function composite(image: Raster, painted: Raster, mask: Raster): Raster {
  const result = image.copy();
  const [out, fresh, shares] = [result.data, painted.data, mask.data];
  for (let i = 0, k = 0; i < shares.length; i++, k += 3) {
    const share = shares[i];
    if (share <= 0) continue;
    out[k] = clamp(out[k] + share * (fresh[k] - out[k]), 0, 1);
    out[k + 1] = clamp(out[k + 1] + share * (fresh[k + 1] - out[k + 1]), 0, 1);
    out[k + 2] = clamp(out[k + 2] + share * (fresh[k + 2] - out[k + 2]), 0, 1);
  }
  return result;
}

/** The mean colour of the surely inside pixels round about, and how far, from 0 to 1, there are any. */
export function insideMean(image: Raster, mask: Raster, radius: number): { mean: Enlarged; near: Enlarged } {
  // A mean over tens of pixels needs no more resolution than that: it is gathered on cells, those of them that are all inside.
  const least = Math.min(mask.height, mask.width);
  const fine = Math.max(Math.min(Math.floor(radius / 8), Math.floor(least / 2)), 1);
  const step = Math.max(Math.min(rounded(radius / (2 * fine)), Math.floor(least / (2 * fine))), 1);
  const inside = Bits.below(inCells(mask, fine), 0.95).not.raster;
  const sigma = Math.max(radius / (step * fine), 0.3);
  const weight = gaussian(inCells(inside, step), sigma);
  const mean = gaussian(inCells(weighted(inCells(image, fine), inside), step), sigma);
  // Too far from any inside pixel, the picture is the better guess.
  const near = new Raster(weight.height, weight.width);
  const [out, shares] = [mean.data, weight.data];
  for (let i = 0, k = 0; i < shares.length; i++, k += 3) {
    const share = shares[i] / 0.02;
    near.data[i] = share < 0.02 ? 0 : Math.min(share, 1);
    const safe = 1 / Math.max(shares[i], 1e-6);
    out[k] *= safe;
    out[k + 1] *= safe;
    out[k + 2] *= safe;
  }
  return { mean: new Enlarged(mean, step * fine), near: new Enlarged(near, step * fine) };
}

/** What the region itself has of the colours, given its `insideMean` there. */
export function inFrontOf(colors: Raster, mask: Raster, mean: Raster, near: Raster): Raster {
  const result = colors.copy();
  for (let i = 0, k = 0; i < mask.data.length; i++, k += 3) {
    const known = near.data[i] * clamp((1 - mask.data[i]) / 0.3, 0, 1);
    if (known === 0) continue;
    result.data[k] += known * (mean.data[k] - result.data[k]);
    result.data[k + 1] += known * (mean.data[k + 1] - result.data[k + 1]);
    result.data[k + 2] += known * (mean.data[k + 2] - result.data[k + 2]);
  }
  return result;
}

/** The colour that the region itself has, also where a soft edge, about `radius` wide, mixes it with what lies behind. */
export function foreground(image: Raster, mask: Raster, radius: number): Raster {
  const { mean, near } = insideMean(image, mask, radius);
  const all = [0, 0, mask.width, mask.height] as const;
  return inFrontOf(image, mask, mean.part(all), near.part(all));
}
