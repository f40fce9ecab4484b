/** How a face moved since it was last parsed, told from small grey crops of it: a shift, a turn and a growth. */

import type { Canvas, Photo } from "../picture";
import { type Affine, chained, fromCells, invert, scaleOf } from "../pixels/geometry";
import { clamp } from "../pixels/raster";

/** Side of the crop that motion is measured on; it is halved so often. */
const SIZE = 80;
const HALVED = 2;
/** The face is looked at within an ellipse about the crop's middle, of these half axes in shares of the crop. */
const REACH = [0.27, 0.33] as const;
/** Steps on each copy at most, and below how many of its pixels one is none. */
const STEPS = 12;
const STILL = 0.02;
/** Crops that correlate less show something else; a head grows by no more than this from one frame to the next but one. */
const AGREEING = 0.8;
const MOST_GROWTH = 1.4;

/** A copy of a crop: grey, and of what is looked at the places, the slopes there, and what follows from them. */
interface Copy {
  size: number;
  grey: Float32Array;
}

interface Template extends Copy {
  /** Indices of the pixels that are looked at. */
  pixels: Int32Array;
  /** How their grey, less its mean, changes with growth, turn, and shifts across and down; four a pixel. */
  slopes: Float64Array;
  /** Inverse of the slopes' products, 4 x 4. */
  solve: Float64Array;
  mean: number;
  deviation: number;
}

/** A crop of a face to which later frames are compared. */
export class Glimpse {
  private constructor(private readonly templates: readonly Template[]) {}

  /** @param affine takes the picture to a crop of `size` pixels a side. */
  static of(picture: Canvas, affine: Affine, size: number): Glimpse {
    return new Glimpse(copiesOf(picture.photo, affine, size).map(templateOf));
  }

  /** The map that takes places of the crop's picture to where they are in another one; null if they cannot be found there. */
  motion(picture: Canvas, affine: Affine, size: number): Affine | null {
    let [grow, turn, x, y] = [1, 0, 0, 0];
    const copies = copiesOf(picture.photo, affine, size);
    for (let level = copies.length - 1; level >= 0; level--) {
      const found = aligned(this.templates[level], copies[level], [grow, turn, x, y]);
      if (found.agreement < (level ? 0 : AGREEING)) return null;
      [grow, turn, x, y] = found.way;
      if (level) [x, y] = [2 * x, 2 * y];
    }
    const growth = Math.hypot(grow, turn);
    if (!(growth < MOST_GROWTH && growth > 1 / MOST_GROWTH)) return null;
    const [scale, middle] = [SIZE / size, SIZE / 2];
    const toSmall = chained(affine, fromCells(scale, scale, 0, 0));
    const moved: Affine = [grow, -turn, middle + x - grow * middle + turn * middle, turn, grow, middle + y - turn * middle - grow * middle];
    return chained(chained(toSmall, moved), invert(toSmall));
  }
}

/** The crop in grey and its halves, the largest first; each pixel a mean of a few of the picture's. */
function copiesOf({ data, width, height }: Photo, affine: Affine, size: number): Copy[] {
  const [a, b, tx, c, d, ty] = invert(chained(affine, fromCells(SIZE / size, SIZE / size, 0, 0)));
  const grey = new Float32Array(SIZE * SIZE);
  const count = clamp(Math.round(size / (scaleOf(affine) * SIZE)), 1, 4);
  const share = 1 / (count * count * 4 * 255);
  for (let row = 0, at = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++, at++) {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const v = row + (i + 0.5) / count;
        for (let j = 0; j < count; j++) {
          const u = column + (j + 0.5) / count;
          const x = clamp((a * u + b * v + tx) | 0, 0, width - 1);
          const y = clamp((c * u + d * v + ty) | 0, 0, height - 1);
          const from = 4 * (y * width + x);
          sum += data[from] + 2 * data[from + 1] + data[from + 2];
        }
      }
      grey[at] = sum * share;
    }
  }
  const copies: Copy[] = [{ size: SIZE, grey }];
  for (let i = 0; i < HALVED; i++) copies.push(halved(copies[i]));
  return copies;
}

function halved({ size, grey }: Copy): Copy {
  const half = size / 2;
  const result = new Float32Array(half * half);
  for (let y = 0, to = 0; y < half; y++) {
    for (let x = 0, from = 2 * y * size; x < half; x++, to++, from += 2) {
      result[to] = (grey[from] + grey[from + 1] + grey[from + size] + grey[from + size + 1]) / 4;
    }
  }
  return { size: half, grey: result };
}

function templateOf({ size, grey }: Copy): Template {
  const middle = (size - 1) / 2;
  const found: number[] = [];
  for (let y = 1; y < size - 1; y++) {
    for (let x = 1; x < size - 1; x++) {
      if (((x - middle) / (REACH[0] * size)) ** 2 + ((y - middle) / (REACH[1] * size)) ** 2 <= 1) found.push(y * size + x);
    }
  }
  const pixels = Int32Array.from(found);
  const slopes = new Float64Array(4 * pixels.length);
  const products = new Float64Array(16);
  let [sum, squares] = [0, 0];
  for (let i = 0; i < pixels.length; i++) {
    const at = pixels[i];
    const y = Math.floor(at / size) - middle;
    const x = (at % size) - middle;
    const across = (grey[at + 1] - grey[at - 1]) / 2;
    const down = (grey[at + size] - grey[at - size]) / 2;
    slopes[4 * i] = across * x + down * y;
    slopes[4 * i + 1] = down * x - across * y;
    slopes[4 * i + 2] = across;
    slopes[4 * i + 3] = down;
    for (let j = 0; j < 4; j++) for (let k = 0; k < 4; k++) products[4 * j + k] += slopes[4 * i + j] * slopes[4 * i + k];
    sum += grey[at];
    squares += grey[at] ** 2;
  }
  const mean = sum / pixels.length;
  const deviation = Math.sqrt(Math.max(squares / pixels.length - mean * mean, 0));
  return { size, grey, pixels, slopes, solve: inverse4(products), mean, deviation };
}

/** Growth and turn as the parts of a complex number, and the shift, of the template's points about its middle to the copy's. */
type Way = [number, number, number, number];

/** The way that a template went, from a guess on: the inverse compositional algorithm of Baker and Matthews, IJCV 56 (2004). */
function aligned(template: Template, copy: Copy, guess: Way): { way: Way; agreement: number } {
  const { size, pixels, slopes, solve, grey } = template;
  const middle = (size - 1) / 2;
  const values = new Float64Array(pixels.length);
  let [grow, turn, tx, ty] = guess;
  let agreement = 0;
  for (let step = 0; step <= STEPS; step++) {
    let [sum, squares, both] = [0, 0, 0];
    for (let i = 0; i < pixels.length; i++) {
      const at = pixels[i];
      const row = (at / size) | 0;
      const [x, y] = [at - row * size - middle, row - middle];
      const value = between(copy, grow * x - turn * y + tx + middle, turn * x + grow * y + ty + middle);
      values[i] = value;
      sum += value;
      squares += value * value;
      both += value * grey[at];
    }
    const mean = sum / pixels.length;
    const deviation = Math.sqrt(Math.max(squares / pixels.length - mean * mean, 1e-9));
    agreement = (both / pixels.length - mean * template.mean) / (deviation * Math.max(template.deviation, 1e-4));
    if (step === STEPS) break;
    const gain = template.deviation / deviation; // lamps flicker, and cameras make up for it
    const right = [0, 0, 0, 0];
    for (let i = 0; i < pixels.length; i++) {
      const error = gain * (values[i] - mean) - (grey[pixels[i]] - template.mean);
      for (let k = 0; k < 4; k++) right[k] += slopes[4 * i + k] * error;
    }
    const change = [0, 1, 2, 3].map((j) => right.reduce((total, value, k) => total + solve[4 * j + k] * value, 0));
    // The way there, after the change undone.
    const [u, v] = [1 + change[0], change[1]];
    const length = u * u + v * v;
    if (!(length > 0.25)) return { way: guess, agreement: -1 };
    [grow, turn] = [(grow * u + turn * v) / length, (turn * u - grow * v) / length];
    tx -= grow * change[2] - turn * change[3];
    ty -= turn * change[2] + grow * change[3];
    if (Math.hypot(change[2], change[3]) + Math.hypot(change[0], change[1]) * 0.3 * size < STILL) break;
  }
  return { way: [grow, turn, tx, ty], agreement };
}

/** A grey between pixels, counted from the first one's middle; beyond the border the border's. */
function between({ size, grey }: Copy, x: number, y: number): number {
  const px = clamp(x, 0, size - 1.001);
  const py = clamp(y, 0, size - 1.001);
  const left = px | 0;
  const top = py | 0;
  const u = px - left;
  const v = py - top;
  const at = top * size + left;
  const above = grey[at] + u * (grey[at + 1] - grey[at]);
  const below = grey[at + size] + u * (grey[at + size + 1] - grey[at + size]);
  return above + v * (below - above);
}

/** By Gauss and Jordan; of a matrix without an inverse, 0. */
function inverse4(matrix: Float64Array): Float64Array {
  const rows = [0, 1, 2, 3].map((j) => [...matrix.subarray(4 * j, 4 * j + 4), ...[0, 1, 2, 3].map((k) => Number(j === k))]);
  for (let j = 0; j < 4; j++) {
    const pivot = rows[j][j];
    if (Math.abs(pivot) < 1e-12) return new Float64Array(16);
    rows[j] = rows[j].map((value) => value / pivot);
    rows.forEach((row, k) => {
      if (k !== j) rows[k] = row.map((value, c) => value - row[j] * rows[j][c]);
    });
  }
  return Float64Array.from(rows.flatMap((row) => row.slice(4)));
}
