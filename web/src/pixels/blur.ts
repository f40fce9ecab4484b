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
  return convolved(image, kernel, border);
}

/** Each pixel's surroundings weighted by a symmetric kernel of odd length, across and down. */
function convolved(image: Raster, kernel: Float64Array, border: Border): Raster {
  const { height, width, channels } = image;
  const row = width * channels;
  const reach = (kernel.length - 1) / 2;
  // Rows are continued past both ends, and by some values more, so that four neighbours at a time need no end of their own.
  const padded = new Float64Array((width + 2 * reach) * channels + 4);
  const rows = Array.from({ length: height }, () => new Float64Array(row + 4));
  for (let y = 0; y < height; y++) {
    const start = y * row;
    const first = reach * channels;
    for (let k = 0; k < row; k++) padded[first + k] = image.data[start + k];
    for (let i = 1; i <= reach; i++) {
      const left = start + bordered(-i, width, border) * channels;
      const right = start + bordered(width - 1 + i, width, border) * channels;
      for (let c = 0; c < channels; c++) {
        padded[(reach - i) * channels + c] = image.data[left + c];
        padded[(reach + width - 1 + i) * channels + c] = image.data[right + c];
      }
    }
    acrossRow(padded, channels, kernel, rows[y], row);
  }
  const result = new Raster(height, width, channels);
  const sums = new Float64Array(row);
  const near: Float64Array[] = new Array(kernel.length);
  for (let y = 0; y < height; y++) {
    for (let i = -reach; i <= reach; i++) near[reach + i] = rows[bordered(y + i, height, border)];
    downRows(near, kernel, sums);
    result.data.set(sums, y * row);
  }
  return result;
}

/** One row's weighted sums, four values at a time: they share the weights, and none waits for another. */
function acrossRow(padded: Float64Array, channels: number, kernel: Float64Array, out: Float64Array, row: number): void {
  const reach = (kernel.length - 1) / 2;
  const middle = kernel[reach];
  for (let k = 0, at = reach * channels; k < row; k += 4, at += 4) {
    let a = middle * padded[at];
    let b = middle * padded[at + 1];
    let c = middle * padded[at + 2];
    let d = middle * padded[at + 3];
    for (let i = reach + 1, left = at - channels, right = at + channels; i < kernel.length; i++, left -= channels, right += channels) {
      const weight = kernel[i];
      a += weight * (padded[left] + padded[right]);
      b += weight * (padded[left + 1] + padded[right + 1]);
      c += weight * (padded[left + 2] + padded[right + 2]);
      d += weight * (padded[left + 3] + padded[right + 3]);
    }
    out[k] = a;
    out[k + 1] = b;
    out[k + 2] = c;
    out[k + 3] = d;
  }
}

/** The weighted sum of rows, of which those at the same distance from the middle one share their weight; two pairs at a time. */
function downRows(rows: Float64Array[], kernel: Float64Array, sums: Float64Array): void {
  const reach = (kernel.length - 1) / 2;
  const own = rows[reach];
  for (let k = 0; k < sums.length; k++) sums[k] = kernel[reach] * own[k];
  let i = 1;
  for (; i < reach; i += 2) {
    const [a, b, c, d] = [rows[reach - i], rows[reach + i], rows[reach - i - 1], rows[reach + i + 1]];
    const first = kernel[reach + i];
    const second = kernel[reach + i + 1];
    for (let k = 0; k < sums.length; k++) sums[k] += first * (a[k] + b[k]) + second * (c[k] + d[k]);
  }
  if (i > reach) return;
  const [a, b, weight] = [rows[reach - i], rows[reach + i], kernel[reach + i]];
  for (let k = 0; k < sums.length; k++) sums[k] += weight * (a[k] + b[k]);
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
