/** Means about each pixel: Gaussian windows and boxes, and what is taken to lie beyond the border. */

import { inWhole, kernelsWith } from "./kernels";
import { Raster, rounded } from "./raster";

/** What continues a picture past its border: `reflect101` dcb|abcd|cba, `reflect` cba|abcd|dcb, `replicate` aaa|abcd|ddd. */
export type Border = "reflect101" | "reflect" | "replicate";

/** The place in 0 to length - 1 that stands for a place beyond. */
export function bordered(place: number, length: number, border: Border): number {
  if (place >= 0 && place < length) return place;
  if (border === "replicate" || length === 1) return place < 0 ? 0 : length - 1;
  const shift = border === "reflect101" ? 1 : 0;
  let at = place;
  while (at < 0 || at >= length) at = at < 0 ? -at - 1 + shift : 2 * length - 1 - at - shift;
  return at;
}

/**
 * The mean weighted by a Gaussian of standard deviation `sigma` pixels.
 *
 * @param reach how many pixels to each side take part; by default a window of 8 sigma and a pixel does, as in OpenCV's for floats.
 */
export function gaussian(image: Raster, sigma: number, border: Border = "reflect101", reach = usualReach(sigma)): Raster {
  if (image.area === 0) return image.copy();
  const weights = Float64Array.from({ length: reach + 1 }, (_, i) => Math.exp(-(i ** 2) / (2 * sigma * sigma)));
  const total = 2 * weights.reduce((sum, weight) => sum + weight, 0) - 1;
  for (let i = 0; i <= reach; i++) weights[i] /= total;
  return convolved(image, weights, border);
}

function usualReach(sigma: number): number {
  return ((rounded(sigma * 8 + 1) | 1) - 1) / 2;
}

/** Each pixel's surroundings weighted by a symmetric kernel, of which `weights` are those from the middle on, across and down. */
function convolved(image: Raster, weights: Float64Array, border: Border): Raster {
  const { height, width, channels, data } = image;
  const row = width * channels;
  const reach = weights.length - 1;
  const pitch = inWhole(4 * row);
  // In the kernels' memory: weights, rows' places, a row that goes on past its ends, rows weighted across, and one weighted down, too.
  const slots = Math.min(2 * reach + 1, height);
  const places = inWhole(4 * weights.length);
  const padded = places + inWhole(4 * (height + 2 * reach));
  const rows = padded + inWhole(4 * (width + 2 * reach) * channels) + 64;
  const out = rows + slots * pitch;
  const { memory, across, down } = kernelsWith(out + pitch + 64);
  new Float32Array(memory.buffer, 0, weights.length).set(weights);
  const placeOf = new Int32Array(memory.buffer, places, height + 2 * reach);
  for (let y = -reach; y < height + reach; y++) placeOf[y + reach] = rows + (bordered(y, height, border) % slots) * pitch;
  const wide = new Float32Array(memory.buffer, padded, (width + 2 * reach) * channels);
  const found = new Float32Array(memory.buffer, out, row);
  const first = reach * channels;
  const [lefts, rights] = [new Int32Array(reach + 1), new Int32Array(reach + 1)];
  for (let i = 1; i <= reach; i++) {
    lefts[i] = bordered(-i, width, border) * channels;
    rights[i] = bordered(width - 1 + i, width, border) * channels;
  }
  const result = Raster.unwritten(height, width, channels);
  for (let y = 0, next = 0; y < height; y++) {
    for (; next <= Math.min(y + reach, height - 1); next++) {
      const start = next * row;
      wide.set(data.subarray(start, start + row), first);
      for (let i = 1; i <= reach; i++) {
        const left = start + lefts[i];
        const right = start + rights[i];
        for (let c = 0; c < channels; c++) {
          wide[first - i * channels + c] = data[left + c];
          wide[first + (width - 1 + i) * channels + c] = data[right + c];
        }
      }
      across(padded + 4 * first, rows + (next % slots) * pitch, pitch, 4 * channels, 0, reach);
    }
    down(places + 4 * (y + reach), out, pitch, 0, reach);
    result.data.set(found, y * row);
  }
  return result;
}

/** Boxes up to this reach take less time pixel by pixel, eight at a time, than by sums that are carried along. */
const SMALL = 16;

/** The mean of a square of 2 `reach` + 1 pixels a side about each pixel. */
export function box(image: Raster, reach: number, border: Border = "reflect101"): Raster {
  const { height, width, channels } = image;
  if (image.area === 0) return image.copy();
  if (reach <= SMALL) return convolved(image, new Float64Array(reach + 1).fill(1 / (2 * reach + 1)), border);
  const row = width * channels;
  const share = 1 / (2 * reach + 1) ** 2;
  const across = new Float64Array(image.data.length);
  for (let y = 0; y < height; y++) {
    for (let c = 0; c < channels; c++) {
      const start = y * row + c;
      let sum = 0;
      for (let i = -reach; i <= reach; i++) sum += image.data[start + bordered(i, width, border) * channels];
      across[start] = sum;
      for (let x = 1; x < width; x++) {
        const leaves = x - 1 - reach;
        const enters = x + reach;
        sum +=
          image.data[start + (enters < width ? enters : bordered(enters, width, border)) * channels] -
          image.data[start + (leaves >= 0 ? leaves : bordered(leaves, width, border)) * channels];
        across[start + x * channels] = sum;
      }
    }
  }
  const result = new Raster(height, width, channels);
  const sums = new Float64Array(row);
  for (let i = -reach; i <= reach; i++) {
    const from = bordered(i, height, border) * row;
    for (let k = 0; k < row; k++) sums[k] += across[from + k];
  }
  for (let y = 0; y < height; y++) {
    if (y > 0) {
      const leaves = bordered(y - 1 - reach, height, border) * row;
      const enters = bordered(y + reach, height, border) * row;
      for (let k = 0; k < row; k++) sums[k] += across[enters + k] - across[leaves + k];
    }
    for (let k = 0, at = y * row; k < row; k++, at++) result.data[at] = sums[k] * share;
  }
  return result;
}
