/** Pictures at other sizes, with OpenCV's conventions: pixels' middles are at halves. */

import { Raster, clamp, rounded } from "./raster";

/** A weighted mean of some source places for each place of the result. */
interface Taps {
  /** Where the places of each result begin in the other two; one more than there are results. */
  starts: Int32Array;
  places: Int32Array;
  weights: Float64Array;
}

function taps(rows: [number, number][][]): Taps {
  const starts = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => {
    starts[i + 1] = starts[i] + row.length;
  });
  const places = new Int32Array(starts[rows.length]);
  const weights = new Float64Array(starts[rows.length]);
  rows.forEach((row, i) => {
    row.forEach(([place, weight], j) => {
      places[starts[i] + j] = place;
      weights[starts[i] + j] = weight;
    });
  });
  return { starts, places, weights };
}

/** The mean of what a smaller pixel covers. */
function covering(from: number, to: number): Taps {
  const scale = from / to;
  const rows: [number, number][][] = [];
  for (let i = 0; i < to; i++) {
    const low = i * scale;
    const high = Math.min(low + scale, from);
    const row: [number, number][] = [];
    for (let place = Math.floor(low); place < Math.min(Math.ceil(high - 1e-9), from); place++) {
      const share = Math.min(place + 1, high) - Math.max(place, low);
      if (share > 1e-9) row.push([place, share / (high - low)]);
    }
    rows.push(row);
  }
  return taps(rows);
}

function between(from: number, to: number): Taps {
  const scale = from / to;
  const [starts, places, weights] = [new Int32Array(to + 1), new Int32Array(2 * to), new Float64Array(2 * to)];
  for (let i = 0; i < to; i++) {
    const at = (i + 0.5) * scale - 0.5;
    const whole = Math.floor(at);
    starts[i + 1] = 2 * i + 2;
    places[2 * i] = clamp(whole, 0, from - 1);
    places[2 * i + 1] = clamp(whole + 1, 0, from - 1);
    weights[2 * i + 1] = at - whole;
    weights[2 * i] = 1 - weights[2 * i + 1];
  }
  return { starts, places, weights };
}

/** Where only one side shrinks OpenCV takes the mean of two neighbours, in the shares that the pixel covers of them. */
function coveringTwo(from: number, to: number): Taps {
  const scale = from / to;
  const rows: [number, number][][] = [];
  for (let i = 0; i < to; i++) {
    const whole = Math.floor(i * scale);
    let rest = i + 1 - (whole + 1) / scale;
    rest = rest <= 0 ? 0 : rest - Math.floor(rest);
    rows.push([
      [clamp(whole, 0, from - 1), 1 - rest],
      [clamp(whole + 1, 0, from - 1), rest],
    ]);
  }
  return taps(rows);
}

function cubic(from: number, to: number): Taps {
  const scale = from / to;
  const a = -0.75;
  const rows: [number, number][][] = [];
  for (let i = 0; i < to; i++) {
    const at = (i + 0.5) * scale - 0.5;
    const whole = Math.floor(at);
    const t = at - whole;
    const first = ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a;
    const second = ((a + 2) * t - (a + 3)) * t * t + 1;
    const third = ((a + 2) * (1 - t) - (a + 3)) * (1 - t) * (1 - t) + 1;
    const all = [first, second, third, 1 - first - second - third];
    rows.push(all.map((weight, k) => [clamp(whole - 1 + k, 0, from - 1), weight]));
  }
  return taps(rows);
}

function resampled(image: Raster, down: Taps, across: Taps): Raster {
  const { channels, data } = image;
  const height = down.starts.length - 1;
  const width = across.starts.length - 1;
  const result = Raster.unwritten(height, width, channels);
  const sums = new Float64Array(image.width * channels);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let t = down.starts[y]; t < down.starts[y + 1]; t++) addRow(sums, data, down.places[t] * sums.length, down.weights[t]);
    putRow(result.data, y * width * channels, sums, channels, across);
  }
  return result;
}

/** Add a row times its weight. */
function addRow(sums: Float64Array, data: Float32Array, from: number, weight: number): void {
  for (let k = 0, at = from; k < sums.length; k++, at++) sums[k] += weight * data[at];
}

/** Write a row that is resampled across. */
function putRow(out: Float32Array, start: number, row: Float64Array, channels: number, { starts, places, weights }: Taps): void {
  for (let c = 0; c < channels; c++) {
    for (let x = 0, to = start + c; x < starts.length - 1; x++, to += channels) {
      let sum = 0;
      for (let t = starts[x], end = starts[x + 1]; t < end; t++) sum += weights[t] * row[places[t] * channels + c];
      out[to] = sum;
    }
  }
}

/** Each pixel the mean of those that it stands for. */
export function shrunkTo(image: Raster, width: number, height: number): Raster {
  if (image.width === width && image.height === height) return image.copy();
  if (image.width % width === 0 && image.height % height === 0) return inBlocks(image, width, height);
  const ways = width <= image.width && height <= image.height ? covering : coveringTwo;
  return resampled(image, ways(image.height, height), ways(image.width, width));
}

/** Each pixel the mean of whole ones. */
function inBlocks({ data, channels, ...image }: Raster, width: number, height: number): Raster {
  const [across, down] = [image.width / width, image.height / height];
  const result = new Raster(height, width, channels);
  const sums = new Float64Array(width * channels);
  const share = 1 / (across * down);
  for (let y = 0, from = 0; y < height; y++) {
    sums.fill(0);
    for (let row = 0; row < down; row++) {
      for (let x = 0; x < sums.length; x += channels) {
        for (let i = 0; i < across; i++) for (let c = 0; c < channels; c++, from++) sums[x + c] += data[from];
      }
    }
    const start = y * sums.length;
    for (let k = 0; k < sums.length; k++) result.data[start + k] = sums[k] * share;
  }
  return result;
}

/** Bilinearly. */
export function resized(image: Raster, width: number, height: number): Raster {
  if (image.width === width && image.height === height) return image.copy();
  const { channels, data } = image;
  const [down, across] = [between(image.height, height), between(image.width, width)];
  const result = Raster.unwritten(height, width, channels);
  const mixed = new Float64Array(image.width * channels);
  for (let y = 0; y < height; y++) {
    mixRows(mixed, data, down.places[2 * y] * mixed.length, down.places[2 * y + 1] * mixed.length, down.weights[2 * y + 1]);
    putBetween(result.data, y * width * channels, mixed, channels, across);
  }
  return result;
}

/** Two rows, mixed by the second one's share. */
function mixRows(mixed: Float64Array, data: Float32Array, above: number, below: number, share: number): void {
  for (let k = 0; k < mixed.length; k++) mixed[k] = data[above + k] + share * (data[below + k] - data[above + k]);
}

/** Write a row, each pixel between two of another. */
function putBetween(out: Float32Array, start: number, row: Float64Array, channels: number, { places, weights }: Taps): void {
  for (let c = 0; c < channels; c++) {
    for (let t = 0, to = start + c; t < places.length; t += 2, to += channels) {
      const left = row[places[t] * channels + c];
      out[to] = left + weights[t + 1] * (row[places[t + 1] * channels + c] - left);
    }
  }
}

/** Bicubically. */
export function resizedSmoothly(image: Raster, width: number, height: number): Raster {
  if (image.width === width && image.height === height) return image.copy();
  return resampled(image, cubic(image.height, height), cubic(image.width, width));
}

/** Each pixel a copy of one. */
export function resizedNearest(image: Raster, width: number, height: number): Raster {
  const { channels } = image;
  const result = new Raster(height, width, channels);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.min(Math.floor((y * image.height) / height), image.height - 1) * image.width;
    for (let x = 0; x < width; x++) {
      const from = (row + Math.min(Math.floor((x * image.width) / width), image.width - 1)) * channels;
      for (let c = 0; c < channels; c++, at++) result.data[at] = image.data[from + c];
    }
  }
  return result;
}

/**
 * A picture of bytes at a larger size, bilinearly, in whole bytes as OpenCV's short integers give them: shares in 2048ths, and what is
 * below a 16th of a byte's 2048th dropped. A detector that is asked for doubtful faces sees the difference.
 */
export function resizedBytes(bytes: Raster, width: number, height: number): Raster {
  const { channels } = bytes;
  const [across, down] = [between(bytes.width, width), between(bytes.height, height)].map(({ places, weights }) => ({
    places,
    shares: Int32Array.from(weights, (weight) => rounded(weight * 2048)),
  }));
  const row = width * channels;
  const rows = new Int32Array(bytes.height * row);
  for (let y = 0, to = 0; y < bytes.height; y++) {
    for (let x = 0; x < width; x++) {
      const [first, second] = [2 * x, 2 * x + 1].map((k) => (y * bytes.width + across.places[k]) * channels);
      for (let c = 0; c < channels; c++, to++) {
        rows[to] = (bytes.data[first + c] * across.shares[2 * x] + bytes.data[second + c] * across.shares[2 * x + 1]) >> 4;
      }
    }
  }
  const result = new Raster(height, width, channels);
  for (let y = 0, to = 0; y < height; y++) {
    const [first, second] = [down.places[2 * y] * row, down.places[2 * y + 1] * row];
    const [share, rest] = [down.shares[2 * y], down.shares[2 * y + 1]];
    for (let x = 0; x < row; x++, to++) {
      result.data[to] = (((share * rows[first + x]) >> 16) + ((rest * rows[second + x]) >> 16) + 2) >> 2;
    }
  }
  return result;
}
