/** Means about each pixel: Gaussian windows and boxes, and what is taken to lie beyond the border. */

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

/** The mean weighted by a Gaussian of standard deviation `sigma` pixels, on a window of 8 sigma and a pixel, as OpenCV's for floats. */
export function gaussian(image: Raster, sigma: number, border: Border = "reflect101"): Raster {
  if (image.area === 0) return image.copy();
  const size = rounded(sigma * 8 + 1) | 1;
  const reach = (size - 1) / 2;
  const kernel = new Float64Array(size);
  let total = 0;
  for (let i = 0; i < size; i++) total += kernel[i] = Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma));
  for (let i = 0; i < size; i++) kernel[i] /= total;
  return convolved(image, kernel, kernel, border);
}

/** Each pixel's surroundings weighted by a symmetric kernel across and one down, both of odd length. */
function convolved(image: Raster, across: Float64Array, down: Float64Array, border: Border): Raster {
  const { height, width, channels } = image;
  const row = width * channels;
  const reach = (across.length - 1) / 2;
  const between = new Float32Array(image.data.length);
  const padded = new Float32Array((width + 2 * reach) * channels);
  for (let y = 0; y < height; y++) {
    const start = y * row;
    padded.set(image.data.subarray(start, start + row), reach * channels);
    for (let i = 1; i <= reach; i++) {
      const left = start + bordered(-i, width, border) * channels;
      const right = start + bordered(width - 1 + i, width, border) * channels;
      for (let c = 0; c < channels; c++) {
        padded[(reach - i) * channels + c] = image.data[left + c];
        padded[(reach + width - 1 + i) * channels + c] = image.data[right + c];
      }
    }
    const middle = across[reach];
    const offset = reach * channels;
    for (let k = 0; k < row; k++) {
      let sum = middle * padded[offset + k];
      for (let i = 1, step = channels; i <= reach; i++, step += channels) {
        sum += across[reach + i] * (padded[offset + k - step] + padded[offset + k + step]);
      }
      between[start + k] = sum;
    }
  }
  const result = new Raster(height, width, channels);
  const vertical = (down.length - 1) / 2;
  const sums = new Float64Array(row);
  for (let y = 0; y < height; y++) {
    const own = y * row;
    for (let k = 0; k < row; k++) sums[k] = down[vertical] * between[own + k];
    for (let i = 1; i <= vertical; i++) {
      const above = bordered(y - i, height, border) * row;
      const below = bordered(y + i, height, border) * row;
      const weight = down[vertical + i];
      for (let k = 0; k < row; k++) sums[k] += weight * (between[above + k] + between[below + k]);
    }
    result.data.set(sums, own);
  }
  return result;
}

/** The mean of a square of 2 `reach` + 1 pixels a side about each pixel. */
export function box(image: Raster, reach: number, border: Border = "reflect101"): Raster {
  const { height, width, channels } = image;
  if (image.area === 0) return image.copy();
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
