/** How light and colour are spread in a head of hair, in eighty numbers: what tells hair that grew in a colour from a coat of paint. */

import { gaussian } from "../pixels/blur";
import { Enlarged, inCells } from "../pixels/cells";
import type { Color } from "../pixels/color";
import { type Numbers, deviationOf, interpolated, meanOf, quantiles, rising } from "../pixels/lists";
import { type Matrix, covarianceOf, identity, outer, sum, withValues } from "../pixels/matrices";
import { Raster, clamp, minus, weighted } from "../pixels/raster";

/** Standard deviations that part single hairs, strands, locks, waves and the broad light, in face units. */
export const SCALES = [0.004, 0.01, 0.024, 0.06];
/** Where light's distribution is read, in shares of the hair's pixels; the fourth is the median. */
export const QUANTILES = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98];
/** At which shares of light, taken over LOCK, colour and loudness are read as functions of it. */
const KNOTS = [0.05, 0.25, 0.5, 0.75, 0.95];
/** Where the distribution of single hairs and of strands is read. */
export const TAILS = [0.002, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.998];
/** The light that colour follows is that of a lock: cameras record colour coarsely. In face units. */
const LOCK = 0.02;
/** Over how much of the hair the loudness of its texture is gathered, in face units. */
const AROUND = 0.03;
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

/** The statistics of hair whose colours are as `turned` gives them, and these less what follows from the light of their lock; the weight is how surely each pixel is hair and nothing else. */
export function statisticsOf(colors: Raster, weight: Raster, unit: number): { statistics: HairStatistics; bare: Raster } {
  const sure = surely(weight);
  const lock = localMean(colors.plane(0), weight, lockLight(unit));
  const lockThere = picked(lock, sure);
  const knots = knotsOf(lockThere);
  const [along, across] = [1, 2].map((c) => byLight(lockThere, picked(colors, sure, c), knots));
  const bare = withoutLight(colors, lock, knots, along, across);
  const [spread, shape, loud, uneven]: [Matrix[], number[][], number[][], number[]] = [[], [], [], []];
  levels(bare, weight, unit).forEach((level, k) => {
    spread.push(covariance([0, 1, 2].map((c) => picked(level, sure, c))));
    if (k >= SCALES.length - 1) return;
    const light = level.plane(0);
    const volume = loudness(light, weight, unit);
    const logs = picked(volume, sure).map(Math.log);
    const usual = byLight(lockThere, logs, knots);
    loud.push(usual);
    const unusual = logs.map((value, i) => value - interpolated(lockThere[i], knots, usual));
    uneven.push(Math.log(deviationOf(unusual) + 0.05));
    if (k < 2) shape.push(quantiles(ratios(light, volume, sure), TAILS));
  });
  const light = quantiles(picked(colors, sure), QUANTILES);
  return { statistics: new HairStatistics(light, along, across, spread, shape, loud, uneven), bare };
}

/** Of several lists, which may hold one value throughout: with a little of which no eight bits can show. */
export function covariance(lists: Float64Array[]): Matrix {
  return sum(covarianceOf(lists), identity(lists.length), 1e-8);
}

const places = new WeakMap<Raster, Int32Array>();

/** Where it is hair and nothing else, or most surely: indices of pixels. Found once for each weight. */
export function surely(weight: Raster): Int32Array {
  let found = places.get(weight);
  if (!found) {
    const least = Math.min(0.8, weight.max);
    found = new Int32Array(weight.area);
    let count = 0;
    for (let i = 0; i < found.length; i++) if (weight.data[i] >= least) found[count++] = i;
    found = found.slice(0, count);
    places.set(weight, found);
  }
  return found;
}

/** One channel's values at some pixels. */
export function picked({ data, channels }: Raster, pixels: Int32Array, channel = 0): Float64Array {
  const result = new Float64Array(pixels.length);
  for (let i = 0; i < result.length; i++) result[i] = data[pixels[i] * channels + channel];
  return result;
}

/** One raster's values over another's at some pixels. */
export function ratios(values: Raster, over: Raster, pixels: Int32Array): Float64Array {
  const result = new Float64Array(pixels.length);
  for (let i = 0; i < result.length; i++) result[i] = values.data[pixels[i]] / over.data[pixels[i]];
  return result;
}

/** Over how many pixels a lock's light is a mean, as a standard deviation. */
export function lockLight(unit: number): number {
  return LOCK * unit;
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

/** Light at KNOTS, no two of them equal. */
export function knotsOf(lock: Float64Array): number[] {
  return rising(quantiles(lock, KNOTS).map((value, k) => value + 1e-4 * k));
}

/** Means of values whose light lies near each knot. */
export function byLight(lock: Float64Array, values: Float64Array, knots: number[]): number[] {
  const [total, summed] = [knots.map(() => 0), knots.map(() => 0)];
  const numbers = knots.map((_, k) => k);
  for (let i = 0; i < lock.length; i++) {
    const place = interpolated(lock[i], knots, numbers);
    const low = Math.min(Math.floor(place), knots.length - 2);
    const share = place - low;
    total[low] += 1 - share;
    total[low + 1] += share;
    summed[low] += (1 - share) * values[i];
    summed[low + 1] += share * values[i];
  }
  const mean = meanOf(values);
  return total.map((count, k) => (count > 0 ? summed[k] / Math.max(count, 1e-9) : mean));
}

/** The colours less what follows from the light of their lock. */
function withoutLight(colors: Raster, lock: Raster, knots: number[], along: number[], across: number[]): Raster {
  const [first, second] = [along, across].map((values) => bent(lock, knots, values).data);
  const result = colors.copy();
  for (let i = 0, k = 0; i < first.length; i++, k += 3) {
    result.data[k + 1] -= first[i];
    result.data[k + 2] -= second[i];
  }
  return result;
}

/** `interpolated` for pictures: by a table of many steps. */
export function bent(values: Raster, places: Numbers, to: Numbers, many = 4096): Raster {
  const [low, high] = [places[0], places[places.length - 1]];
  const table = new Float32Array(many);
  for (let i = 0; i < many; i++) table[i] = interpolated(low + ((high - low) * i) / (many - 1), places, to);
  const scale = (many - 1) / Math.max(high - low, 1e-6);
  const result = new Raster(values.height, values.width, values.channels);
  for (let i = 0; i < result.data.length; i++) result.data[i] = table[clamp((values.data[i] - low) * scale, 0, many - 1) | 0];
  return result;
}

/** Single hairs, strands, locks, waves and the broad light, which add up to the colours less their mean. */
export function levels(colors: Raster, weight: Raster, unit: number): Raster[] {
  const smooth = [colors, ...SCALES.map((scale) => localMean(colors, weight, scale * unit))];
  const broad = smooth[SCALES.length];
  const sure = surely(weight);
  const fine = SCALES.map((_, k) => minus(smooth[k], smooth[k + 1]));
  const { channels } = colors;
  for (let c = 0; c < channels; c++) {
    const mean = meanOf(picked(broad, sure, c));
    for (let k = c; k < broad.data.length; k += channels) broad.data[k] -= mean;
  }
  return [...fine, broad];
}

/** How far the lightness of one scale usually goes, round about each pixel: above 0. */
export function loudness(light: Raster, weight: Raster, unit: number): Raster {
  const mean = localMean(weighted(light, light), weight, AROUND * unit);
  for (let i = 0; i < mean.data.length; i++) mean.data[i] = Math.sqrt(Math.max(mean.data[i], 0) + 4e-7);
  return mean;
}

/** Gaussian mean of what the weight picks; broad ones are found on cells, of which they need no more. */
export function localMean(values: Raster, weight: Raster, sigma: number): Raster {
  const { cell, some, safe } = around(weight, sigma);
  const mean = gaussian(inCells(weighted(values, some), cell), Math.max(sigma / cell, 0.3));
  const { channels } = values;
  for (let i = 0, k = 0; i < safe.data.length; i++) for (let c = 0; c < channels; c++, k++) mean.data[k] /= safe.data[i];
  return cell === 1 ? mean : new Enlarged(mean, cell).part([0, 0, weight.width, weight.height]);
}

interface Around {
  cell: number;
  some: Raster;
  safe: Raster;
}
const known = new WeakMap<Raster, Map<number, Around>>();

/** Of a weight, how much of it lies round about: found once, since many means are taken with it. */
function around(weight: Raster, sigma: number): Around {
  const all = known.get(weight) ?? new Map<number, Around>();
  known.set(weight, all);
  let found = all.get(sigma);
  if (!found) {
    const cell = Math.max(Math.min(Math.floor(sigma / 3), weight.height, weight.width), 1);
    const some = weight.copy();
    for (let i = 0; i < some.data.length; i++) some.data[i] += 1e-5; // where no hair is near, whatever is
    const safe = gaussian(inCells(some, cell), Math.max(sigma / cell, 0.3));
    for (let i = 0; i < safe.data.length; i++) safe.data[i] = Math.max(safe.data[i], 1e-9);
    found = { cell, some, safe };
    all.set(sigma, found);
  }
  return found;
}
