/** Affine crops. Points are (x, y) in pixels, the middle of the first pixel at (0.5, 0.5). */

import { gaussian } from "./blur";
import { inCells } from "./cells";
import { Raster, type Window, clamp, rounded } from "./raster";
import { shrunkTo } from "./resize";

/** Two rows of three, `[a, b, tx, c, d, ty]`: takes picture points to crop points. */
export type Affine = readonly [number, number, number, number, number, number];

/** What a crop shows where it leaves the picture. Segmenters are trained with it. */
export const PADDING = 0.5;

export function apply([a, b, tx, c, d, ty]: Affine, x: number, y: number): [number, number] {
  return [a * x + b * y + tx, c * x + d * y + ty];
}

export function invert([a, b, tx, c, d, ty]: Affine): Affine {
  const det = a * d - b * c;
  return [d / det, -b / det, (b * ty - d * tx) / det, -c / det, a / det, (c * tx - a * ty) / det];
}

/** The map that does one and then the other. */
export function chained(first: Affine, second: Affine): Affine {
  const [a, b, tx, c, d, ty] = first;
  const [e, f, ux, g, h, uy] = second;
  return [e * a + f * c, e * b + f * d, e * tx + f * ty + ux, g * a + h * c, g * b + h * d, g * tx + h * ty + uy];
}

/** How many crop pixels a picture pixel is long. */
export function scaleOf([a, b, , c, d]: Affine): number {
  return Math.sqrt(Math.abs(a * d - b * c));
}

/** Takes cells of so many pixels, the first with its corner at (x, y), to pixels. */
export function fromCells(across: number, down: number, x: number, y: number): Affine {
  return [across, 0, x, 0, down, y];
}

/** The map to an upright crop of `size` pixels a side that shows a square of `side` pixels about `center`, turned back by `roll` degrees. */
export function cropAffine(center: readonly [number, number], side: number, roll: number, size: number): Affine {
  const scale = size / side;
  const angle = (roll * Math.PI) / 180;
  const cos = scale * Math.cos(angle);
  const sin = scale * Math.sin(angle);
  const [x, y] = center;
  return [cos, sin, size / 2 - (cos * x + sin * y), -sin, cos, size / 2 - (-sin * x + cos * y)];
}

/** The map to a crop about the same middle, of as many pixels, that shows `factor` times as much. */
export function expand(affine: Affine, factor: number, size: number): Affine {
  const shift = (size / 2) * (1 - 1 / factor);
  return chained(affine, [1 / factor, 0, shift, 0, 1 / factor, shift]);
}

/** The whole-pixel box of a picture of that size that a crop of `size` pixels shows. */
export function cropWindow(affine: Affine, size: number, height: number, width: number, margin = 0): Window {
  const back = invert(affine);
  const corners = [apply(back, 0, 0), apply(back, size, 0), apply(back, size, size), apply(back, 0, size)];
  return boxAround(corners, margin, height, width);
}

/** The whole-pixel box, inside a picture of that size, round some points and a margin. */
export function boxAround(points: readonly (readonly [number, number])[], margin: number, height: number, width: number): Window {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return [
    clamp(Math.floor(Math.min(...xs) - margin), 0, width),
    clamp(Math.floor(Math.min(...ys) - margin), 0, height),
    clamp(Math.ceil(Math.max(...xs) + margin), 0, width),
    clamp(Math.ceil(Math.max(...ys) + margin), 0, height),
  ];
}

/** A picture of which windows are asked for, also shrunk: `Raster`s and the photo itself. */
export interface Windows {
  readonly height: number;
  readonly width: number;
  part(window: Window): Raster;
  /** A window averaged down to a size. */
  reduced?(window: Window, width: number, height: number): Raster;
}

export function reduced(picture: Windows, window: Window, width: number, height: number): Raster {
  return picture.reduced?.(window, width, height) ?? shrunkTo(picture.part(window), width, height);
}

/** An upright crop of `size` pixels a side, grey where it leaves the picture; shrunk by averaging, never by skipping pixels. */
export function cut(picture: Windows, affine: Affine, size: number): Raster {
  const scale = scaleOf(affine);
  const window = cropWindow(affine, size, picture.height, picture.width, 2 / Math.min(scale, 1));
  const [x0, y0, x1, y1] = window;
  if (x1 <= x0 || y1 <= y0) return new Raster(size, size, 3, new Float32Array(size * size * 3).fill(PADDING));
  if (scale >= 1) return warped(picture.part(window), chained([1, 0, x0, 0, 1, y0], affine), size, size, PADDING);
  const width = Math.max(rounded((x1 - x0) * scale), 1);
  const height = Math.max(rounded((y1 - y0) * scale), 1);
  const part = reduced(picture, window, width, height);
  const toPicture = fromCells((x1 - x0) / width, (y1 - y0) / height, x0, y0);
  return warped(part, chained(toPicture, affine), size, size, PADDING);
}

/** A map on the crop carried back to a window of the picture; zero outside the crop. */
export function warpToWindow(values: Raster, affine: Affine, [x0, y0, x1, y1]: Window): Raster {
  const width = Math.max(x1 - x0, 0);
  const height = Math.max(y1 - y0, 0);
  if (width === 0 || height === 0) return new Raster(height, width, values.channels);
  const there = chained([1, 0, x0, 0, 1, y0], affine);
  const scale = scaleOf(affine);
  if (scale <= 1) return warped(values, invert(there), width, height, 0);
  // The crop is finer than the picture: average it first, as far as the window shows it, and squares of it before that.
  const sigma = 0.5 * Math.sqrt(scale * scale - 1);
  const corners = [0, width].flatMap((x) => [0, height].map((y) => apply(there, x, y)));
  const shown = boxAround(corners, 4 * sigma + 2, values.height, values.width);
  const [left, top, right, bottom] = shown;
  if (left >= right || top >= bottom) return new Raster(height, width, values.channels);
  const cell = Math.min(Math.floor(scale), right - left, bottom - top); // a crop may be a few pixels
  const rest = Math.sqrt(sigma ** 2 - (cell ** 2 - 1) / 12) / cell;
  const smooth = gaussian(inCells(values.part(shown), cell), rest, "replicate");
  return warped(smooth, chained(fromCells(cell, cell, left, top), invert(there)), width, height, 0);
}

/** A raster under an affine that takes its points to those of the result, bilinearly, with `beyond` where it ends. */
export function warped(source: Raster, affine: Affine, width: number, height: number, beyond: number): Raster {
  const { channels, data } = source;
  const [a, b, tx, c, d, ty] = invert(affine);
  const result = new Raster(height, width, channels);
  const out = result.data;
  const wide = source.width;
  const high = source.height;
  for (let y = 0, at = 0; y < height; y++) {
    const startX = a * 0.5 + b * (y + 0.5) + tx - 0.5;
    const startY = c * 0.5 + d * (y + 0.5) + ty - 0.5;
    for (let x = 0; x < width; x++, at += channels) {
      const sx = startX + a * x;
      const sy = startY + c * x;
      if (!(sx >= -1 && sy >= -1 && sx < wide && sy < high)) {
        for (let k = 0; k < channels; k++) out[at + k] = beyond;
        continue;
      }
      const left = ((sx + 1) | 0) - 1;
      const top = ((sy + 1) | 0) - 1;
      const u = sx - left;
      const v = sy - top;
      const first = (top * wide + left) * channels;
      const second = first + wide * channels;
      if (left >= 0 && top >= 0 && left + 1 < wide && top + 1 < high) {
        for (let k = 0; k < channels; k++) {
          const above = data[first + k] + u * (data[first + channels + k] - data[first + k]);
          const below = data[second + k] + u * (data[second + channels + k] - data[second + k]);
          out[at + k] = above + v * (below - above);
        }
        continue;
      }
      for (let k = 0; k < channels; k++) {
        const p = left >= 0 && top >= 0 ? data[first + k] : beyond;
        const q = left + 1 < wide && top >= 0 ? data[first + channels + k] : beyond;
        const r = left >= 0 && top + 1 < high ? data[second + k] : beyond;
        const s = left + 1 < wide && top + 1 < high ? data[second + channels + k] : beyond;
        out[at + k] = (p * (1 - u) + q * u) * (1 - v) + (r * (1 - u) + s * u) * v;
      }
    }
  }
  return result;
}
