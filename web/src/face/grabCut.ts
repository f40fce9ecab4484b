/** Cutting a picture where its colours change most: Rother, Kolmogorov, Blake, "GrabCut", SIGGRAPH 2004. */

import { type MinCut, minCut } from "./minCut";

/** What is known of a pixel: surely background or foreground, or probably. Odd ones are foreground. */
export const BACK = 0;
export const FRONT = 1;
export const MAYBE_BACK = 2;
export const MAYBE_FRONT = 3;

/** How much an edge between like colours costs, and to contradict what is sure. */
const GAMMA = 50;
const LAMBDA = 9 * GAMMA;
const PARTS = 5;

/** Colours as whole numbers from 0 to 255, RGB pixel by pixel. */
export interface Colors {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

interface Part {
  share: number;
  mean: number[];
  /** The upper triangle of a symmetric 3 x 3 matrix, inverted: xx, xy, xz, yy, yz, zz. */
  inverse: number[];
  determinant: number;
}

/** A mixture of Gaussians over colours. */
export class Mixture {
  private constructor(private readonly parts: Part[]) {}

  /** Equal shares of some colours along their principal axis: a start that draws no random numbers. */
  static of(colors: number[][]): Mixture {
    const mean = meanOf(colors);
    const axis = principal(spreadOf(colors, mean));
    const along = colors.map((color, index) => ({ index, at: color.reduce((sum, value, c) => sum + (value - mean[c]) * axis[c], 0) }));
    along.sort((a, b) => a.at - b.at || a.index - b.index);
    const parts: Part[] = [];
    for (let part = 0, start = 0; part < PARTS; part++) {
      const size = Math.floor(colors.length / PARTS) + (part < colors.length % PARTS ? 1 : 0);
      const group = along.slice(start, start + size).map(({ index }) => colors[index]);
      start += size;
      const middle = meanOf(group);
      const spread = spreadOf(group, middle);
      for (const c of [0, 3, 5]) spread[c] += 1;
      parts.push(gaussianPart(1 / PARTS, middle, spread, 0));
    }
    return new Mixture(parts);
  }

  /** How likely a colour is. */
  likelihood(r: number, g: number, b: number): number {
    const sum = this.parts.reduce((total, part) => total + (part.share > 0 ? part.share * density(part, r, g, b) : 0), 0);
    return Math.max(sum, Number.MIN_VALUE); // so that its logarithm is a number
  }

  /** The part that a colour most likely is of. */
  partOf(r: number, g: number, b: number): number {
    let [best, most] = [0, 0];
    this.parts.forEach((part, index) => {
      const value = part.share > 0 ? density(part, r, g, b) : 0;
      if (value > most) [best, most] = [index, value];
    });
    return best;
  }

  /** The mixture that fits colours of which each is given to a part. */
  static fitted(colors: Uint8Array, chosen: (pixel: number) => number): Mixture {
    const counts = new Float64Array(PARTS);
    const sums = new Float64Array(PARTS * 3);
    const products = new Float64Array(PARTS * 6);
    for (let i = 0; 3 * i < colors.length; i++) {
      const part = chosen(i);
      if (part < 0) continue;
      const [r, g, b] = [colors[3 * i], colors[3 * i + 1], colors[3 * i + 2]];
      counts[part]++;
      [r, g, b].forEach((value, c) => (sums[3 * part + c] += value));
      [r * r, r * g, r * b, g * g, g * b, b * b].forEach((value, c) => (products[6 * part + c] += value));
    }
    const total = counts.reduce((a, b) => a + b, 0);
    const parts = Array.from(counts, (count, part): Part => {
      if (!count) return { share: 0, mean: [0, 0, 0], inverse: [0, 0, 0, 0, 0, 0], determinant: 1 };
      const mean = [0, 1, 2].map((c) => sums[3 * part + c] / count);
      const [x, y, z] = mean;
      const squares = [x * x, x * y, x * z, y * y, y * z, z * z];
      const spread = squares.map((square, c) => products[6 * part + c] / count - square);
      return gaussianPart(count / total, mean, spread, 0.01);
    });
    return new Mixture(parts);
  }
}

function meanOf(colors: number[][]): number[] {
  return [0, 1, 2].map((c) => colors.reduce((sum, color) => sum + color[c], 0) / colors.length);
}

function spreadOf(colors: number[][], [x, y, z]: number[]): number[] {
  const sums = [0, 0, 0, 0, 0, 0];
  for (const [r, g, b] of colors) {
    const [dx, dy, dz] = [r - x, g - y, b - z];
    [dx * dx, dx * dy, dx * dz, dy * dy, dy * dz, dz * dz].forEach((value, c) => (sums[c] += value));
  }
  return sums.map((sum) => sum / colors.length);
}

function determinantOf([a, b, c, d, e, f]: number[]): number {
  return a * (d * f - e * e) - b * (b * f - e * c) + c * (b * e - d * c);
}

/** A part with its spread inverted; one that is flat gets a little thickness, if any is given. */
function gaussianPart(share: number, mean: number[], spread: number[], thickness: number): Part {
  let [a, b, c, d, e, f] = spread;
  let determinant = determinantOf(spread);
  if (determinant <= 1e-6 && thickness > 0) {
    [a, d, f] = [a + thickness, d + thickness, f + thickness];
    determinant = determinantOf([a, b, c, d, e, f]);
  }
  const adjugate = [d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b];
  return { share, mean, inverse: adjugate.map((value) => value / determinant), determinant };
}

function density({ mean, inverse, determinant }: Part, r: number, g: number, b: number): number {
  const [x, y, z] = [r - mean[0], g - mean[1], b - mean[2]];
  const far =
    x * (inverse[0] * x + inverse[1] * y + inverse[2] * z) +
    y * (inverse[1] * x + inverse[3] * y + inverse[4] * z) +
    z * (inverse[2] * x + inverse[4] * y + inverse[5] * z);
  return Math.exp(-0.5 * far) / Math.sqrt(determinant);
}

/** The direction in which colours spread most: the first eigenvector, by squaring the matrix again and again. */
function principal(spread: number[]): number[] {
  const [a, b, c, d, e, f] = spread;
  let matrix = [a, b, c, b, d, e, c, e, f];
  for (let step = 0; step < 40; step++) {
    const scale = Math.max(...matrix.map(Math.abs)) || 1;
    const unit = matrix.map((value) => value / scale);
    matrix = unit.map((_, i) => {
      const [row, column] = [3 * Math.floor(i / 3), i % 3];
      return unit[row] * unit[column] + unit[row + 1] * unit[column + 3] + unit[row + 2] * unit[column + 6];
    });
  }
  const lengths = [0, 1, 2].map((column) => Math.hypot(matrix[column], matrix[column + 3], matrix[column + 6]));
  const best = lengths.indexOf(Math.max(...lengths));
  return [matrix[best], matrix[best + 3], matrix[best + 6]].map((value) => value / (lengths[best] || 1));
}

/** Two mixtures of colours that tell apart what is behind and what is in front. */
export interface Models {
  back: Mixture;
  front: Mixture;
}

/**
 * Cut a picture by what is known of it: changes `trimap` where it says maybe.
 *
 * @param rounds how often the mixtures are fitted to the last cut; with 0 they stay as they are, and one cut is made.
 * @returns the mixtures of the last cut.
 */
export function grabCut(colors: Colors, trimap: Uint8Array, models: Models, rounds: number): Models {
  const edges = edgeWeights(colors);
  let { back, front } = models;
  for (let round = 0; round < Math.max(rounds, 1); round++) {
    if (rounds > 0) {
      const [behind, before] = [back, front];
      const partOf = (mixture: Mixture, i: number): number =>
        mixture.partOf(colors.data[3 * i], colors.data[3 * i + 1], colors.data[3 * i + 2]);
      back = Mixture.fitted(colors.data, (i) => (trimap[i] % 2 === 0 ? partOf(behind, i) : -1));
      front = Mixture.fitted(colors.data, (i) => (trimap[i] % 2 === 1 ? partOf(before, i) : -1));
    }
    cut(colors, trimap, { back, front }, edges);
  }
  return { back, front };
}

/** What it costs to part each pixel from those to its left, upper left, top and upper right. */
interface EdgeWeights {
  left: Float64Array;
  upLeft: Float64Array;
  up: Float64Array;
  upRight: Float64Array;
}

function edgeWeights({ height, width, data }: Colors): EdgeWeights {
  const area = height * width;
  const difference = (i: number, k: number): number => {
    const [r, g, b] = [data[3 * i] - data[3 * k], data[3 * i + 1] - data[3 * k + 1], data[3 * i + 2] - data[3 * k + 2]];
    return r * r + g * g + b * b;
  };
  const weights = { left: new Float64Array(area), upLeft: new Float64Array(area), up: new Float64Array(area), upRight: new Float64Array(area) };
  let total = 0;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (x > 0) total += weights.left[i] = difference(i, i - 1);
      if (x > 0 && y > 0) total += weights.upLeft[i] = difference(i, i - width - 1);
      if (y > 0) total += weights.up[i] = difference(i, i - width);
      if (y > 0 && x < width - 1) total += weights.upRight[i] = difference(i, i - width + 1);
    }
  }
  const beta = total <= Number.EPSILON ? 0 : 1 / ((2 * total) / (4 * width * height - 3 * width - 3 * height + 2));
  const priced = (differences: Float64Array, price: number): Float64Array => differences.map((value) => price * Math.exp(-beta * value));
  return {
    left: priced(weights.left, GAMMA),
    upLeft: priced(weights.upLeft, GAMMA / Math.SQRT2),
    up: priced(weights.up, GAMMA),
    upRight: priced(weights.upRight, GAMMA / Math.SQRT2),
  };
}

function cut({ height, width, data }: Colors, trimap: Uint8Array, { back, front }: Models, edges: EdgeWeights): void {
  const graph: MinCut = minCut(height * width, 4 * height * width);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const [r, g, b] = [data[3 * i], data[3 * i + 1], data[3 * i + 2]];
      if (trimap[i] === BACK) graph.terminal(i, 0, LAMBDA);
      else if (trimap[i] === FRONT) graph.terminal(i, LAMBDA, 0);
      else graph.terminal(i, -Math.log(back.likelihood(r, g, b)), -Math.log(front.likelihood(r, g, b)));
      if (x > 0) graph.edge(i, i - 1, edges.left[i]);
      if (x > 0 && y > 0) graph.edge(i, i - width - 1, edges.upLeft[i]);
      if (y > 0) graph.edge(i, i - width, edges.up[i]);
      if (y > 0 && x < width - 1) graph.edge(i, i - width + 1, edges.upRight[i]);
    }
  }
  graph.solve();
  for (let i = 0; i < trimap.length; i++) if (trimap[i] > 1) trimap[i] = graph.isOfSource(i) ? MAYBE_FRONT : MAYBE_BACK;
}
