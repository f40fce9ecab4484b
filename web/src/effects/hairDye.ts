/**
 * Hair as it would be, had it grown in another colour.
 *
 * A head whose locks are louder than those of other heads of its colour keeps being so among heads of the new one: each of its
 * statistics stays as many deviations above or below what is usual. Then its light and colour are bent, scale by scale, until they
 * have the statistics so found. Where light lies and where shade stays the photo's.
 */

import { foreground } from "../pixels/blend";
import { gaussian } from "../pixels/blur";
import { Enlarged, inCells } from "../pixels/cells";
import { type Color, fromOklab, oklabOf, ofHex, toOklab } from "../pixels/color";
import { deviationOf, interpolated, meanOf } from "../pixels/lists";
import { type Matrix, identity, outer, product, sum, transposed, withValues } from "../pixels/matrices";
import { Random, SeedSequence } from "../pixels/random";
import { Raster, clamp, median, stacked } from "../pixels/raster";
import { bentTails, toned } from "./hairCurves";
import { usual } from "./hairSpread";
import {
  HairStatistics,
  QUANTILES,
  SCALES,
  TAILS,
  bent,
  byLight,
  covariance,
  hueAxis,
  isOfColor,
  knotsOf,
  levels,
  localMean,
  lockLight,
  loudness,
  picked,
  quantiles,
  statisticsOf,
  surely,
  turned,
} from "./hairStatistics";
import { lookedUp } from "./hairStrands";
import { fromPerceived, perceived } from "./tone";

/** How many pixels of the copy on which all of this happens a face unit is, about: single hairs can just be told apart. */
const DETAIL = 130;
/** Within how much of its outline hair is not sure, in face units, and how wide its soft edge is. */
const OUTLINE = 0.012;
const EDGE = 0.03;
/** Hair that is so many times closer to being none is taken to be mixed with what is behind it; see `foreground`. */
const WARY = 3;
/** How many deviations from the usual a head keeps at most. */
const MOST_UNUSUAL = 2.5;
/** How much a scale is strengthened at most, in light and, one by one, in colour: what is dark shows little, and noise beside it. */
const MOST = 3;
const MOST_COLOR = [4, 4, 3, 2, 1.5];
/** Over what distance in colour a head gives up how its colours are spread, OKLab with perceived lightness. */
const KEPT_COLOR = 0.6;
/** Logarithm of how much louder or quieter a place may become. */
const MOST_LOUD = 1.2;
/** How much of the colour that is in detail finer than the copy stays, where all of it would be as loud as light. */
const COLOR_DETAIL = 0.25;
/** How many pixels are looked at for detail that is finer than the copy. */
const SAMPLES = 20_000;
/** How far normal values z lean if so much of their square is added, and how much of it there may be, so that it still rises. */
const LEANING_OF_SQUARE = 2.33;
const MOST_BENT = 0.2;
/** Of white noise, as rounding to eight bits makes it, how much lies in single hairs and in strands. */
const ROUNDING = [1.3, 0.15];

/** Detail finer than a copy shows: how loud it is, as a share of the copy's finest, and how far it leans to the light. */
interface Finer {
  loudness: number;
  leaning: number;
  /** How loud the copy's finest is round about. */
  finest: Raster;
}

/** A head of hair in a picture, on a copy whose pixels are `cell` of the picture's. */
export class HeadOfHair {
  /** Where it is hair and nothing else: pixels' indices. */
  private readonly sure: Int32Array;
  /** Its median colour. */
  readonly middle: Color;
  readonly statistics: HairStatistics;
  /** Its colours in its own hue, less what follows from the light of their lock. */
  private readonly bare: Raster;
  private readonly finer: Finer | null;
  private readonly detailed: Raster;

  private constructor(
    /** OKLab with perceived lightness, of hair alone also at its edge. */
    private readonly lab: Raster,
    /** How surely a pixel is hair and nothing else. */
    private readonly weight: Raster,
    /** The face's size, in pixels of the copy. */
    private readonly unit: number,
    private readonly cell: number,
    image: Raster,
  ) {
    this.sure = surely(weight);
    this.middle = [0, 1, 2].map((c) => median(picked(lab, this.sure, c))) as unknown as Color;
    ({ statistics: this.statistics, bare: this.bare } = statisticsOf(inHue(lab, hueAxis(this.middle)), weight, unit));
    this.finer = cell > 1 ? this.finerIn(image) : null;
    this.detailed = this.finer ? weight : new Raster(lab.height, lab.width);
  }

  /** The hair of a picture, by its mask and the face's size in pixels. */
  static of(image: Raster, mask: Raster, unit: number): HeadOfHair {
    const cell = Math.max(Math.min(Math.floor(unit / DETAIL + 0.5), mask.height, mask.width), 1);
    const [share, size] = [inCells(mask, cell), unit / cell];
    const around = gaussian(share, Math.max(OUTLINE * size, 0.5));
    const inner = share.map((value, i) => value * clamp(2 * around.data[i] - 1, 0, 1));
    const weight = inner.max >= 0.5 ? inner : share; // a few strands: the best there is
    // Along the edge what is behind shows through: a little of a bright wall would be a highlight, and dyed white.
    const wary = share.map((value) => clamp(1 - WARY * (1 - value), 0, 1));
    return new HeadOfHair(seen(foreground(inCells(image, cell), wary, EDGE * size)), weight, size, cell, image);
  }

  /** The statistics that this head would have in a colour. */
  private wanted(target: Color): HairStatistics {
    const [own, other] = [usual(this.middle), usual(target)];
    // How colour is spread in black hair says little of how it would be in blonde.
    const kept = Math.exp(-Math.hypot(...target.map((value, c) => value - this.middle[c])) / KEPT_COLOR);
    const numbers = this.statistics.numbers().map((value, k) => {
      const unusual = clamp((value - own.mean[k]) / own.spread[k], -MOST_UNUSUAL, MOST_UNUSUAL);
      return other.mean[k] + unusual * (isOfColor(k) ? kept : 1) * other.spread[k];
    });
    const [x, y] = hueAxis(target);
    return HairStatistics.ofNumbers(numbers, target[0], target[1] * x + target[2] * y);
  }

  /**
   * Its own colours, and what becomes of detail that its pixels are too coarse for: OKLab with perceived lightness; by how much the
   * lightness of such detail is multiplied, and its square.
   */
  get own(): Enlarged {
    return new Enlarged(stacked(...planesOf(this.lab), this.detailed, new Raster(this.lab.height, this.lab.width)), this.cell);
  }

  /** The hair in a colour, as `own` has it. */
  grown(color: string): Enlarged {
    const target = seenColor(oklabOf(ofHex(color)));
    const wanted = this.wanted(target);
    const [light, a, b] = this.inColor(target, wanted);
    if (!this.finer) return new Enlarged(stacked(light, a, b, this.detailed, this.detailed), this.cell);
    // What is finer than a pixel of the copy is taken to be as much stronger as the finest that it shows, and leans as far to one
    // side as hair of that colour does: light hair has dark gaps, where dark hair has bright threads.
    const { loudness: loud, leaning, finest } = this.finer;
    const [before, after] = [finest.data, this.finest(light).data];
    const lean = clamp((leaningOf(wanted.shape[0]) - leaning) / LEANING_OF_SQUARE, -MOST_BENT, MOST_BENT);
    const gain = this.detailed.map((value, i) => value * clamp(after[i] / before[i], 0.25, MOST));
    const bentLight = light.map((value, i) => value - lean * gain.data[i] * loud * before[i]);
    const square = gain.map((value, i) => (lean * value) / (loud * before[i]));
    return new Enlarged(stacked(bentLight, a, b, gain, square), this.cell);
  }

  /** How loud single hairs are round about. */
  private finest(light: Raster): Raster {
    const mean = localMean(light, this.weight, SCALES[0] * this.unit);
    return loudness(light.map((value, i) => value - mean.data[i]), this.weight, this.unit);
  }

  /** What the picture has of detail that the copy's pixels are too coarse for. */
  private finerIn(image: Raster): Finer {
    const { cell, sure } = this;
    const every = Math.floor(sure.length / SAMPLES) + 1;
    const some = sure.filter((_, i) => i % every === 0);
    const within = new Random(new SeedSequence([0])).shares(2 * some.length);
    const light = this.lab.plane(0);
    const finest = this.finest(light);
    const detail = new Float64Array(some.length);
    some.forEach((pixel, i) => {
      const row = Math.floor(pixel / light.width);
      const y = Math.min(Math.floor((row + within[i]) * cell), image.height - 1);
      const x = Math.min(Math.floor((pixel - row * light.width + within[some.length + i]) * cell), image.width - 1);
      const coarse = lookedUp(light, (x + 0.5) / cell - 0.5, (y + 0.5) / cell - 0.5);
      const from = 3 * (y * image.width + x);
      const fine = perceived(oklabOf([image.data[from], image.data[from + 1], image.data[from + 2]])[0]);
      detail[i] = (fine - coarse) / finest.data[pixel];
    });
    return { loudness: Math.max(deviationOf(detail), 1e-3), leaning: leaningOf(quantiles(detail, TAILS)), finest };
  }

  /** The hair in a colour: light, a and b. */
  private inColor(target: Color, wanted: HairStatistics): [Raster, Raster, Raster] {
    const { sure, bare } = this;
    const spread = unrounded(wanted.spread, target);
    const even = this.spread(toned(bare.plane(0), this.statistics.light, wanted.light), spread.map((level) => level[0][0]));
    const { light, lock, knots } = this.loud(toned(even, quantiles(picked(even, sure), QUANTILES), wanted.light), wanted);
    const tied = this.tied(stacked(light, bare.plane(1), bare.plane(2)), spread);
    const follows = [wanted.along, wanted.across].map((to) => bent(lock, knots, to));
    const [x, y] = hueAxis(target);
    const [a, b] = planesOf(inHue(stacked(light, ...tied.map((values, c) => values.map((v, i) => v + follows[c].data[i]))), [x, -y])).slice(1);
    // Its median lies on the colour that was asked for.
    const onTarget = (values: Raster, c: number): Raster => {
      const shift = target[c] - median(picked(values, sure));
      return values.map((value) => value + shift);
    };
    return [light, onTarget(a, 1), onTarget(b, 2)];
  }

  /** Light with these variances at each scale. */
  private spread(light: Raster, variance: number[]): Raster {
    const mean = meanOf(picked(light, this.sure));
    const all = levels(light, this.weight, this.unit);
    const gains = all.map((level, k) => clamp(Math.sqrt(variance[k]) / (deviationOf(picked(level, this.sure)) + 3e-4), 0.1, MOST));
    return light.map((_, i) => all.reduce((total, level, k) => total + gains[k] * level.data[i], mean));
  }

  /** Light with single hairs, strands and locks as loud as wanted where it is so bright; its locks' light; that at KNOTS. */
  private loud(light: Raster, wanted: HairStatistics): { light: Raster; lock: Raster; knots: number[] } {
    const { sure, weight, unit } = this;
    const lock = localMean(light, weight, lockLight(unit));
    const lockThere = picked(lock, sure);
    const knots = knotsOf(lockThere);
    const fine = new Raster(light.height, light.width);
    const rest = light.copy();
    levels(light, weight, unit).slice(0, wanted.loud.length).forEach((level, k) => {
      const volume = loudness(level, weight, unit);
      const loud = volume.map(Math.log);
      const usualHere = bent(lock, knots, byLight(lockThere, picked(loud, sure), knots));
      const unusual = loud.map((value, i) => value - usualHere.data[i]);
      const uneven = Math.max(Math.exp(wanted.uneven[k]) - 0.05, 0.05) / Math.max(deviationOf(picked(unusual, sure)), 0.05);
      let even = level.map((value, i) => value / volume.data[i]);
      if (k < wanted.shape.length) even = bentTails(even, quantiles(picked(even, sure), TAILS), wanted.shape[k]);
      const wantedHere = bent(lock, knots, wanted.loud[k]);
      for (let i = 0; i < fine.data.length; i++) {
        const [now, next] = [loud.data[i], wantedHere.data[i] + uneven * unusual.data[i]];
        rest.data[i] -= level.data[i];
        fine.data[i] += even.data[i] * Math.exp(clamp(next, now - MOST_LOUD, now + MOST_LOUD));
      }
    });
    const all = rest.map((value, i) => value + fine.data[i]);
    const result = toned(rest, quantiles(picked(all, sure), QUANTILES), wanted.light).map((value, i) => value + fine.data[i]);
    const newLock = localMean(result, weight, lockLight(unit));
    return { light: result, lock: newLock, knots: knotsOf(picked(newLock, sure)) };
  }

  /** Chroma along and across, tied to the final light as wanted within each scale. */
  private tied(values: Raster, wanted: Matrix[]): [Raster, Raster] {
    const result: [Raster, Raster] = [new Raster(values.height, values.width), new Raster(values.height, values.width)];
    levels(values, this.weight, this.unit).forEach(({ data }, k) => {
      const level = new Raster(values.height, values.width, 3, data);
      const own = covariance([0, 1, 2].map((c) => picked(level, this.sure, c)));
      const spread = wanted[k];
      const follows = own[0].slice(1).map((value) => value / own[0][0]);
      const follow = spread[0].slice(1).map((value) => value / Math.sqrt(spread[0][0] * own[0][0]));
      const [left, leave] = [
        [own, follows],
        [spread, follow],
      ].map(([all, by]) => sum((all as Matrix).slice(1).map((row) => row.slice(1)), outer(by as number[], by as number[]), -own[0][0]));
      const free = leastMoving(left, leave, MOST_COLOR[k]);
      const ties = follow.map((value, c) => value - free[c][0] * follows[0] - free[c][1] * follows[1]);
      for (let i = 0, at = 0; at < data.length; i++, at += 3) {
        for (let c = 0; c < 2; c++) result[c].data[i] += ties[c] * data[at] + free[c][0] * data[at + 1] + free[c][1] * data[at + 2];
      }
    });
    return result;
  }
}

/**
 * RGB to lay over the picture through the hair's mask, whose edge is a share of hair and a share of what is behind it.
 *
 * The picture there is `own` for the mask's share, so it changes by that share of the difference. At the edge this may go beyond
 * [0, 1]; laid over the picture it does not, or hardly. `own` and `fresh` are parts of `HeadOfHair.own` and of `HeadOfHair.grown`.
 */
export function repainted(image: Raster, own: Raster, fresh: Raster): Raster {
  const [before, after] = [new Raster(image.height, image.width, 3), new Raster(image.height, image.width, 3)];
  const lab = seen(image);
  for (let i = 0, k = 0, at = 0; i < own.area; i++, k += 3, at += 5) {
    const share = own.data[at + 3];
    // As far as it rises; beyond, as at an edge where something else shows through, it would turn round.
    const most = (0.4 * fresh.data[at + 3]) / (Math.abs(fresh.data[at + 4]) + 1e-6);
    const finer = clamp(lab.data[k] - own.data[at], -most, most);
    for (const [values, all, color] of [
      [before.data, own.data, share],
      [after.data, fresh.data, COLOR_DETAIL * fresh.data[at + 3]],
    ] as const) {
      values[k] = all[at] + finer * (all[at + 3] + finer * all[at + 4]);
      for (let c = 1; c < 3; c++) values[k + c] = all[at + c] + color * (lab.data[k + c] - own.data[at + c]);
    }
  }
  const [from, to] = [shown(before).data, shown(after).data];
  return image.map((value, k) => value + (to[k] - from[k]));
}

/** OKLab with perceived lightness. */
function seen(rgb: Raster): Raster {
  const lab = toOklab(rgb);
  for (let k = 0; k < lab.data.length; k += 3) lab.data[k] = perceived(lab.data[k]);
  return lab;
}

function seenColor([light, a, b]: Color): Color {
  return [perceived(light), a, b];
}

/** How far values lean to the light side, by their distribution at TAILS: Bowley's skewness of the first and last hundredth. */
function leaningOf(tails: number[]): number {
  const [low, middle, high] = [0.01, 0.5, 0.99].map((share) => interpolated(share, TAILS, tails));
  return (low + high - 2 * middle) / Math.max(high - low, 1e-6);
}

/** RGB in [0, 1] of OKLab with perceived lightness. */
function shown(lab: Raster): Raster {
  return fromOklab(lab.map((value, k) => (k % 3 ? value : fromPerceived(clamp(value, 0, 1)))));
}

/** Light, and chroma along an axis of hue and across it. */
function inHue(lab: Raster, axis: readonly [number, number]): Raster {
  const result = lab.copy();
  for (let k = 0; k < result.data.length; k += 3) {
    [result.data[k + 1], result.data[k + 2]] = turned(lab.data[k + 1], lab.data[k + 2], axis);
  }
  return result;
}

function planesOf(lab: Raster): Raster[] {
  return [0, 1, 2].map((c) => lab.plane(c));
}

/** Without what the photos' rounding to eight bits had part in it, since the result is rounded too. */
function unrounded(spread: Matrix[], target: Color): Matrix[] {
  const rgb = shown(new Raster(1, 1, 3, Float32Array.from(target))).data;
  const axis = hueAxis(target);
  const step = 0.01;
  const colorOf = (stepped: number): number[] => {
    const [light, a, b] = seenColor(oklabOf([0, 1, 2].map((c) => rgb[c] + (c === stepped ? step : 0)) as unknown as Color));
    return [light, ...turned(a, b, axis)];
  };
  const from = colorOf(-1);
  const slopes = transposed([0, 1, 2].map((c) => colorOf(c).map((value, k) => (value - from[k]) / step)));
  const noise = product(slopes, transposed(slopes));
  return spread.map((level, k) =>
    k < ROUNDING.length ? withValues(sum(level, noise, -ROUNDING[k] / (12 * 255 ** 2)), (value) => Math.max(value, 1e-8)) : level,
  );
}

/**
 * The linear map from one covariance to another that moves normal values least; at most so much stretched.
 *
 * Olkin and Pukelsheim, "The distance between two random vectors with given dispersion matrices", 1982; for colours Pitié and
 * Kokaram, "The linear Monge-Kantorovitch linear colour mapping", 2007.
 */
function leastMoving(own: Matrix, wanted: Matrix, most: number): Matrix {
  const safe = sum(own, identity(own.length), 1e-7);
  const root = withValues(safe, rootOf);
  const back = withValues(safe, (value) => 1 / rootOf(value));
  const map = product(product(back, withValues(product(product(root, wanted), root), rootOf)), back);
  return withValues(map, (stretch) => clamp(stretch, 0.1, most));
}

function rootOf(value: number): number {
  return Math.sqrt(Math.max(value, 0));
}
