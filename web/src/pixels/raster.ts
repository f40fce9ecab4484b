/** Rows of float pixels, and the few things that everything else does with them. */

import { floats } from "./borrowed";

/** (x0, y0, x1, y1) in whole pixels, half-open. */
export type Window = readonly [number, number, number, number];

/** A picture or a mask: `data[(y * width + x) * channels + c]`, mostly in [0, 1]. */
export class Raster {
  constructor(
    readonly height: number,
    readonly width: number,
    readonly channels: number = 1,
    readonly data: Float32Array = floats(height * width * channels),
  ) {
    if (data.length !== height * width * channels) {
      throw new RangeError(`${data.length} values for ${height} x ${width} x ${channels}`);
    }
  }

  /** One whose values are anything until they are written. */
  static unwritten(height: number, width: number, channels = 1): Raster {
    return new Raster(height, width, channels, floats(height * width * channels, true));
  }

  /** How many pixels there are. */
  get area(): number {
    return this.height * this.width;
  }

  copy(): Raster {
    const result = Raster.unwritten(this.height, this.width, this.channels);
    result.data.set(this.data);
    return result;
  }

  /** Each value by itself put through a function. */
  map(change: (value: number, index: number) => number): Raster {
    const result = floats(this.data.length, true);
    for (let i = 0; i < result.length; i++) result[i] = change(this.data[i], i);
    return new Raster(this.height, this.width, this.channels, result);
  }

  /** A copy of the part in a window, which lies inside. */
  part([x0, y0, x1, y1]: Window): Raster {
    const { width, channels } = this;
    if (x0 === 0 && y0 === 0 && x1 === width && y1 === this.height) return this.copy();
    const result = Raster.unwritten(Math.max(y1 - y0, 0), Math.max(x1 - x0, 0), channels);
    const row = result.width * channels;
    for (let y = 0; y < result.height; y++) {
      const start = ((y + y0) * width + x0) * channels;
      result.data.set(this.data.subarray(start, start + row), y * row);
    }
    return result;
  }

  /** Copy another raster of as many channels into this one, its corner at (x, y), as far as it lies inside. */
  put(other: Raster, x: number, y: number): void {
    const from = Math.max(-x, 0);
    const to = Math.min(other.width, this.width - x);
    if (to <= from) return;
    for (let row = Math.max(-y, 0); row < Math.min(other.height, this.height - y); row++) {
      const start = (row * other.width + from) * other.channels;
      const end = (row * other.width + to) * other.channels;
      this.data.set(other.data.subarray(start, end), ((row + y) * this.width + x + from) * this.channels);
    }
  }

  /** One of its channels. */
  plane(channel: number): Raster {
    const { data, channels } = this;
    const result = Raster.unwritten(this.height, this.width);
    const out = result.data;
    for (let i = 0, k = channel; i < out.length; i++, k += channels) out[i] = data[k];
    return result;
  }

  get max(): number {
    const { data } = this;
    let most = -Infinity;
    for (let i = 0; i < data.length; i++) if (data[i] > most) most = data[i];
    return most;
  }

  get min(): number {
    let least = Infinity;
    for (const value of this.data) if (value < least) least = value;
    return least;
  }
}

/** The nearest whole number, halves to the even one, as Python and OpenCV round. */
export function rounded(value: number): number {
  const whole = Math.floor(value);
  const rest = value - whole;
  if (rest === 0.5) return whole % 2 === 0 ? whole : whole + 1;
  return rest < 0.5 ? whole : whole + 1;
}

export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

/** Corresponding pixels of several rasters of one size as one raster. */
export function stacked(...planes: Raster[]): Raster {
  const result = Raster.unwritten(planes[0].height, planes[0].width, planes.length);
  for (let c = 0; c < planes.length; c++) putChannel(result, planes[c].data, c);
  return result;
}

function putChannel({ data, channels }: Raster, values: Float32Array, channel: number): void {
  for (let i = 0, k = channel; i < values.length; i++, k += channels) data[k] = values[i];
}

/** Each pixel times its weight; the weight has one channel. */
export function weighted(image: Raster, weight: Raster): Raster {
  const { channels, data } = image;
  const shares = weight.data;
  const result = Raster.unwritten(image.height, image.width, channels);
  const out = result.data;
  if (channels === 1) {
    for (let i = 0; i < out.length; i++) out[i] = data[i] * shares[i];
    return result;
  }
  for (let i = 0, k = 0; k < out.length; i++) {
    const share = shares[i];
    for (let c = 0; c < channels; c++, k++) out[k] = data[k] * share;
  }
  return result;
}

/** The difference of two rasters of one size. */
export function minus(first: Raster, second: Raster): Raster {
  const result = Raster.unwritten(first.height, first.width, first.channels);
  const [out, from, less] = [result.data, first.data, second.data];
  for (let i = 0; i < out.length; i++) out[i] = from[i] - less[i];
  return result;
}
