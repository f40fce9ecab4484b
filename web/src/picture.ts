/** The picture that the work is done on: 8 bits as it was decoded, floats of the windows that are asked for, and what was painted. */

import type { Windows } from "./pixels/geometry";
import { Raster, type Window, rounded } from "./pixels/raster";
import { shrunkTo } from "./pixels/resize";

/** RGBA in 8 bits, as a canvas gives it. */
export interface Photo {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** A picture as sRGB floats, window by window. Never changes: `painted` gives another one. */
export class Canvas implements Windows {
  private constructor(
    readonly photo: Photo,
    private readonly patch: { window: Window; pixels: Raster } | null,
  ) {}

  static of(photo: Photo): Canvas {
    return new Canvas(photo, null);
  }

  get width(): number {
    return this.photo.width;
  }

  get height(): number {
    return this.photo.height;
  }

  /** A window: RGB in [0, 1]. */
  part(window: Window): Raster {
    if (this.patch && contains(this.patch.window, window)) {
      const [left, top] = this.patch.window;
      return this.patch.pixels.part([window[0] - left, window[1] - top, window[2] - left, window[3] - top]);
    }
    const result = this.bytes(window);
    for (let k = 0; k < result.data.length; k++) result.data[k] /= 255;
    if (this.patch) result.put(this.patch.pixels, this.patch.window[0] - window[0], this.patch.window[1] - window[1]);
    return result;
  }

  /** A window averaged down to a size, in whole 255ths where nothing was painted, as Python's is. */
  reduced(window: Window, width: number, height: number): Raster {
    if (this.patch) return shrunkTo(this.part(window), width, height);
    const result = shrunkTo(this.bytes(window), width, height);
    for (let k = 0; k < result.data.length; k++) result.data[k] = rounded(result.data[k]) / 255;
    return result;
  }

  /** A window of the photo itself: RGB, 0 to 255. */
  bytes([x0, y0, x1, y1]: Window): Raster {
    const { data, width } = this.photo;
    const result = Raster.unwritten(Math.max(y1 - y0, 0), Math.max(x1 - x0, 0), 3);
    for (let y = y0, to = 0; y < y1; y++) {
      for (let from = 4 * (y * width + x0), end = 4 * (y * width + x1); from < end; from += 4, to += 3) {
        result.data[to] = data[from];
        result.data[to + 1] = data[from + 1];
        result.data[to + 2] = data[from + 2];
      }
    }
    return result;
  }

  /** This picture with other pixels in a window. */
  painted(window: Window, pixels: Raster): Canvas {
    if (!this.patch || contains(window, this.patch.window)) return new Canvas(this.photo, { window, pixels });
    const [a, b] = [this.patch.window, window];
    const both: Window = [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
    const merged = this.part(both);
    merged.put(pixels, window[0] - both[0], window[1] - both[1]);
    return new Canvas(this.photo, { window: both, pixels: merged });
  }

  /** RGBA in 8 bits: the photo's own bytes where nothing was painted. */
  bytesOut(): Uint8ClampedArray<ArrayBuffer> {
    const result = new Uint8ClampedArray(this.photo.data);
    if (!this.patch) return result;
    const [x0, y0, x1, y1] = this.patch.window;
    for (let y = y0, from = 0; y < y1; y++) {
      for (let to = 4 * (y * this.width + x0), end = 4 * (y * this.width + x1); to < end; to += 4, from += 3) {
        for (let c = 0; c < 3; c++) result[to + c] = this.patch.pixels.data[from + c] * 255; // clamped and rounded by the array
      }
    }
    return result;
  }
}

function contains(outer: Window, inner: Window): boolean {
  return outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3];
}
