/** How light and colour are spread in a head of hair, in eighty numbers: what tells hair that grew in a colour from a coat of paint. */

import { floats } from "../pixels/borrowed";
import type { Color } from "../pixels/color";
import { quantiles, rising } from "../pixels/lists";
import { logOf } from "../pixels/logarithms";
import { type Matrix, covarianceOf, identity, outer, sum, withValues } from "../pixels/matrices";
import { type Raster, clamp, minus } from "../pixels/raster";
import { Locks } from "./hairLocks";
import { SCALES, type Where, levels, loudness } from "./hairScales";

/** Where light's distribution is read, in shares of the hair's pixels; the fourth is the median. */
export const QUANTILES = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98];
/** Where the distribution of single hairs and of strands is read. */
export const TAILS = [0.002, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.998];
/** Of how many scales, from single hairs on, the distribution is read. */
const SHAPED = 2;
/** Where hair has little colour of its own, its hue is taken to be near this: orange, OKLab (a, b). */
const WARM = [0.02 * 0.5, 0.02 * 0.866];
/** Chroma over which colour's differences are taken as shares of it. */
const LEAST_CHROMA = 0.01;
/** Light with along, light with across, along with across. */
const PAIRS = [
  [0, 1],
  [0, 2],
  [1, 2],
];
/** Whether a number of `HairStatistics.numbers` tells of colour: its curves, and at each scale its deviations and its ties. */
export const isOfColor = (at: number): boolean => (at >= 6 && at < 16) || (at >= 16 && at < 46 && (at - 16) % 6 > 0);

/** One head's. Colours are light, along, across: perceived lightness, and OKLab's chroma along the hair's own hue and across it. */
export class HairStatistics {
  constructor(
    /** Perceived lightness at QUANTILES. */
    readonly light: number[],
    /** Mean colour at KNOTS of light. */
    readonly along: number[],
    readonly across: number[],
    /** Covariance within each scale, of colour what does not follow light over a lock. */
    readonly spread: Matrix[],
    /** TAILS of the lightness of single hairs and of strands, over what is usual round about. */
    readonly shape: number[][],
    /** Logarithm of the usual lightness of single hairs, strands and locks at KNOTS of light. */
    readonly loud: number[][],
    /** Logarithm of how far that differs from place to place. */
    readonly uneven: number[],
  ) {}

  /** All 82 as numbers that may be averaged: logarithms of lengths, and correlations spread over all numbers. */
  numbers(): number[] {
    const middle = this.light[3];
    const color = Math.max(this.along[2], LEAST_CHROMA);
    const reach = this.light.filter((_, k) => k !== 3).map((value) => Math.log(Math.max(Math.abs(value - middle), 2e-3)));
    const colors = [...this.along.map((value) => value - this.along[2]), ...this.across].map((value) => value / color);
    const scales = this.spread.flatMap((spread) => {
      const deviation = spread.map((row, c) => Math.sqrt(row[c] + 1e-9));
      const ties = PAIRS.map(([i, j]) => Math.atanh(clamp(spread[i][j] / (deviation[i] * deviation[j]), -0.95, 0.95)));
      return [...deviation.map(Math.log), ...ties];
    });
    return [...reach, ...colors, ...scales, ...this.shape.flat(), ...this.loud.flat(), ...this.uneven];
  }

  /** What such numbers mean for hair whose median has this perceived lightness and this chroma, OKLab. */
  static ofNumbers(numbers: number[], lightness: number, chroma: number): HairStatistics {
    const [reach, colors, scales, shape, loud, uneven] = [[0, 6], [6, 16], [16, 46], [46, 64], [64, 79], [79, 82]].map(([from, to]) =>
      numbers.slice(from, to),
    );
    const low = rising(reach.slice(0, 3).map(Math.exp).reverse()).reverse();
    const high = rising(reach.slice(3).map(Math.exp));
    const light = [...low.map((value) => lightness - value), lightness, ...high.map((value) => lightness + value)];
    const spread = rowsOf(scales, 6).map((row) => tied(row.slice(0, 3).map(Math.exp), row.slice(3).map(Math.tanh)));
    const color = Math.max(chroma, LEAST_CHROMA);
    const [along, across] = [colors.slice(0, 5).map((value) => color * value + chroma), colors.slice(5).map((value) => color * value)];
    return new HairStatistics(light, along, across, spread, rowsOf(shape, 9).map(sorted), rowsOf(loud, 5), uneven);
  }
}

function rowsOf(numbers: number[], width: number): number[][] {
  return Array.from({ length: numbers.length / width }, (_, k) => numbers.slice(k * width, (k + 1) * width));
}

function sorted(values: number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

/** The covariance with these deviations and, as near as one can be, these correlations. */
function tied(deviation: number[], ties: number[]): Matrix {
  const correlation: Matrix = [
    [1, ties[0], ties[1]],
    [ties[0], 1, ties[2]],
    [ties[1], ties[2], 1],
  ];
  const possible = withValues(correlation, (value) => Math.max(value, 0.02));
  const scale = deviation.map((value, c) => value / Math.sqrt(possible[c][c]));
  const scales = outer(scale, scale);
  return possible.map((row, i) => row.map((value, j) => value * scales[i][j]));
}

/** A head's statistics, and what else was found on the way. */
export interface Measured {
  statistics: HairStatistics;
  /** Of each scale, chroma along and across that does not follow light. */
  tints: [Raster, Raster][];
  /** How loud single hairs are round about. */
  finest: Raster;
}

/** A head of hair, measured; its colours are as `turned` gives them. */
export function measured(light: Raster, along: Raster, across: Raster, where: Where, unit: number): Measured {
  const locks = Locks.of(light, where, unit);
  const follows = [along, across].map((values) => locks.read(where.atSure(values)));
  const [first, second] = [along, across].map((values, c) => levels(minus(values, locks.everywhere(follows[c])), where, unit));
  const tints = first.map((level, k): [Raster, Raster] => [level, second[k]]);
  const [spread, shape, loud, uneven, volumes]: [Matrix[], number[][], number[][], number[], Raster[]] = [[], [], [], [], []];
  levels(light, where, unit).forEach((level, k) => {
    const sure = where.atSure(level);
    spread.push(covariance([sure, ...tints[k].map((tint) => where.atSure(tint))]));
    if (k >= SCALES.length - 1) return;
    volumes.push(loudness(level, where, unit));
    const volume = where.atSure(volumes[k]);
    const logs = logsOf(volume);
    const usual = locks.read(logs);
    loud.push(usual);
    uneven.push(Math.log(deviationFrom(logs, locks.atSure(usual)) + 0.05));
    if (k >= SHAPED) return;
    shape.push(quantiles(over(sure, volume), TAILS));
  });
  const statistics = new HairStatistics(quantiles(where.atSure(light), QUANTILES), follows[0], follows[1], spread, shape, loud, uneven);
  return { statistics, tints, finest: volumes[0] };
}

function logsOf(values: Float32Array): Float32Array {
  const result = floats(values.length, true);
  for (let i = 0; i < result.length; i++) result[i] = logOf(values[i]);
  return result;
}

/** Values divided by others. */
function over(values: Float32Array, others: Float32Array): Float32Array {
  const result = floats(values.length, true);
  for (let i = 0; i < result.length; i++) result[i] = values[i] / others[i];
  return result;
}

/** The standard deviation of what lists differ by. */
export function deviationFrom(values: Float32Array, others: Float32Array): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const difference = values[i] - others[i];
    sum += difference;
    squares += difference * difference;
  }
  const mean = sum / values.length;
  return Math.sqrt(Math.max(squares / values.length - mean * mean, 0));
}

/** Of several lists, which may hold one value throughout: with a little of which no eight bits can show. */
export function covariance(lists: Float32Array[]): Matrix {
  return sum(covarianceOf(lists), identity(lists.length), 1e-8);
}

/** The direction of the hue of hair whose median is this OKLab colour. */
export function hueAxis([, a, b]: Color): [number, number] {
  const [x, y] = [a + WARM[0], b + WARM[1]];
  const length = Math.max(Math.hypot(x, y), 1e-6);
  return [x / length, y / length];
}

/** OKLab's a and b as chroma along an axis and across it; with the axis' second number negative the way back. */
export function turned(a: number, b: number, [x, y]: readonly [number, number]): [number, number] {
  return [a * x + b * y, b * x - a * y];
}
