/**
 * Hair as it would be, had it grown in another colour.
 *
 * A head whose locks are louder than those of other heads of its colour keeps being so among heads of the new one: each of its
 * statistics stays as many deviations above or below what is usual. Then its light and colour are bent, scale by scale, until they
 * have the statistics so found. Where light lies and where shade stays the photo's.
 */

import { inFrontOf, insideMean } from "../pixels/blend";
import { gaussian } from "../pixels/blur";
import { Enlarged, inCells, tiles } from "../pixels/cells";
import { type Color, oklabOf, ofHex } from "../pixels/color";
import { deviationOf, interpolated, meanOf, median, quantiles } from "../pixels/lists";
import { expOf, logOf } from "../pixels/logarithms";
import { type Matrix, outer, sum } from "../pixels/matrices";
import { Random, SeedSequence } from "../pixels/random";
import { Raster, clamp, minus, stacked } from "../pixels/raster";
import type { Light } from "../pixels/relight";
import { Bits, dilated, square } from "../pixels/shapes";
import { bentTails, toned } from "./hairCurves";
import { Locks } from "./hairLocks";
import { Outline } from "./hairOutline";
import { SCALES, Where, levels, loudness } from "./hairScales";
import { usual } from "./hairSpread";
import { HairStatistics, type Measured, QUANTILES, TAILS, covariance, deviationFrom, hueAxis, isOfColor, measured } from "./hairStatistics";
import { lookedUp } from "./hairStrands";
import { leastMoving, unrounded } from "./hairTies";
import { worn } from "./hairWorn";
import { seen, seenColor } from "./perceived";
import { perceived } from "./tone";

/**
 * How many pixels of the copy on which all of this happens a face unit is, about: single hairs can just be told apart. Frames of a
 * film look the same with fewer.
 */
const DETAIL = 130;
const DETAIL_IN_FILM = 105;
/** Within how much of its outline hair is not sure, in face units, how wide its soft edge is, and how wide that of curls. */
const OUTLINE = 0.012;
const EDGE = 0.03;
const CURLS = 0.12;
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
/** How many pixels are looked at for detail that is finer than the copy. */
const SAMPLES = 10_000;
/** How far normal values z lean if so much of their square is added, and how much of it there may be, so that it still rises. */
const LEANING_OF_SQUARE = 2.33;
const MOST_BENT = 0.2;
/** Detail finer than a copy shows: how loud it is, as a share of the copy's finest, and how far it leans to the light. */
interface Finer {
  loudness: number;
  leaning: number;
  /** How loud the copy's finest is round about. */
  finest: Raster;
}

/** A head of hair in a picture, on a copy whose pixels are `cell` of the picture's. */
export class HeadOfHair {
  /** Its median colour. */
  readonly middle: Color;
  private readonly where: Where;
  private readonly light: Raster;
  private readonly measured: Measured;
  private readonly finer: Finer | null;

  private constructor(
    /** OKLab with perceived lightness, of hair alone also at its edge; where none is, it says nothing. */
    readonly lab: Raster,
    /** How surely a pixel is hair and nothing else. */
    readonly weight: Raster,
    /** The face's size, in pixels of the copy. */
    private readonly unit: number,
    readonly cell: number,
    image: Raster,
    /** Where it may be mixed with something lighter. */
    private readonly outline: Outline | null,
  ) {
    this.where = new Where(weight);
    const [light, a, b] = planesOf(lab);
    this.light = light;
    this.middle = [light, a, b].map((plane) => median(this.where.atSure(plane))) as unknown as Color;
    const [along, across] = turned(a, b, hueAxis(this.middle));
    this.measured = measured(light, along, across, this.where, unit);
    this.finer = cell > 1 ? this.finerIn(image) : null;
  }

  /** The hair of a picture, by its mask and the face's size in pixels. */
  static of(image: Raster, mask: Raster, unit: number, isInFilm = false): HeadOfHair {
    const detail = isInFilm ? DETAIL_IN_FILM : DETAIL;
    const cell = Math.max(Math.min(Math.floor(unit / detail + 0.5), mask.height, mask.width), 1);
    const [share, size] = [inCells(mask, cell), unit / cell];
    const weight = gaussian(share, Math.max(OUTLINE * size, 0.5));
    const wary = new Raster(share.height, share.width);
    const { data } = share;
    // Along the edge what is behind shows through: a little of a bright wall would be a highlight, and dyed white.
    for (let i = 0; i < data.length; i++) {
      weight.data[i] = data[i] * clamp(2 * weight.data[i] - 1, 0, 1);
      wary.data[i] = clamp(1 - WARY * (1 - data[i]), 0, 1);
    }
    const known = weight.max >= 0.5 ? weight : share; // a few strands: the best there is
    const hair = inCells(image, cell);
    const behind = [CURLS, EDGE].map((radius) => insideMean(hair, wary, radius * size));
    const lab = new Raster(share.height, share.width, 3);
    // Between pixels of the copy both count.
    for (const tile of tiles(Bits.above(cell > 1 ? dilated(share, square(1)) : share, 0))) {
      const sure = wary.part(tile);
      const own = behind.reduce((colors, { mean, near }) => inFrontOf(colors, sure, mean.part(tile), near.part(tile)), hair.part(tile));
      lab.put(seen(own), tile[0], tile[1]); // as near by as there is any
    }
    return new HeadOfHair(lab, known, size, cell, image, Outline.of(hair, share, size));
  }

  get statistics(): HairStatistics {
    return this.measured.statistics;
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
   * Its own colours, and what becomes of detail that its pixels are too coarse for, if they are: OKLab with perceived lightness; by how
   * much the lightness of such detail is multiplied, and its square.
   */
  get own(): Enlarged {
    if (!this.finer) return new Enlarged(this.lab, this.cell);
    const { height, width } = this.weight;
    return new Enlarged(stacked(...planesOf(this.lab), this.weight, new Raster(height, width)), this.cell);
  }

  /** The hair in a colour, as `own` has it; no lighter than hair is in that light, if one is given, see `worn`. */
  grown(color: string, lit: Light | null = null): Enlarged {
    const rgb = ofHex(color);
    const target = lit ? worn(rgb, lit) : seenColor(oklabOf(rgb));
    const wanted = this.wanted(target);
    const [light, a, b] = this.inColor(target, wanted);
    if (!this.finer) return new Enlarged(stacked(light, a, b), this.cell);
    // What is finer than a pixel of the copy is taken to be as much stronger as the finest that it shows, and leans as far to one
    // side as hair of that colour does: light hair has dark gaps, where dark hair has bright threads.
    const { loudness: loud, leaning, finest } = this.finer;
    const [before, after, share] = [finest.data, this.finest(light).data, this.weight.data];
    const lean = clamp((leaningOf(wanted.shape[0]) - leaning) / LEANING_OF_SQUARE, -MOST_BENT, MOST_BENT);
    const [gains, leans] = [new Raster(light.height, light.width), new Raster(light.height, light.width)];
    for (let i = 0; i < share.length; i++) {
      const gain = share[i] * clamp(after[i] / before[i], 0.25, MOST);
      light.data[i] -= lean * gain * loud * before[i];
      gains.data[i] = gain;
      leans.data[i] = (lean * gain) / (loud * before[i]);
    }
    return new Enlarged(stacked(light, a, b, gains, leans), this.cell);
  }

  /** How loud single hairs are round about. */
  private finest(light: Raster): Raster {
    return loudness(minus(light, this.where.mean(light, SCALES[0] * this.unit)), this.where, this.unit);
  }

  /** What the picture has of detail that the copy's pixels are too coarse for. */
  private finerIn(image: Raster): Finer {
    const { cell, light } = this;
    const { sure } = this.where;
    const every = Math.floor(sure.length / SAMPLES) + 1;
    const some = sure.filter((_, i) => i % every === 0);
    const within = new Random(new SeedSequence([0])).shares(2 * some.length);
    const { finest } = this.measured;
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
    const { where } = this;
    const spread = unrounded(wanted.spread, target);
    const even = this.spread(toned(this.light, this.statistics.light, wanted.light), spread.map((level) => level[0][0]));
    const { light, locks } = this.loud(toned(even, quantiles(where.atSure(even), QUANTILES), wanted.light), wanted);
    const [along, across] = this.tied(light, spread);
    addTo(along, locks.everywhere(wanted.along));
    addTo(across, locks.everywhere(wanted.across));
    const [x, y] = hueAxis(target);
    const [a, b] = turned(along, across, [x, -y]);
    this.outline?.takeOff(light, a, b);
    // Its median lies on the colour that was asked for.
    [light, a, b].forEach((values, c) => {
      shift(values.data, target[c] - median(where.atSure(values)));
    });
    return [light, a, b];
  }

  /** Light with these variances at each scale. */
  private spread(light: Raster, variance: number[]): Raster {
    const { where } = this;
    const result = new Raster(light.height, light.width);
    result.data.fill(meanOf(where.atSure(light)));
    levels(light, where, this.unit).forEach((level, k) => {
      addTo(result, level, clamp(Math.sqrt(variance[k]) / (deviationOf(where.atSure(level)) + 3e-4), 0.1, MOST));
    });
    return result;
  }

  /** Light with single hairs, strands and locks as loud as wanted where it is so bright; and its locks. */
  private loud(light: Raster, wanted: HairStatistics): { light: Raster; locks: Locks } {
    const { where, unit } = this;
    const locks = Locks.of(light, where, unit);
    const fine = new Raster(light.height, light.width);
    const rest = light.copy();
    levels(light, where, unit, wanted.loud.length).forEach((level, k) => {
      addTo(rest, level, -1);
      const loud = loudness(level, where, unit);
      evened(level.data, loud.data);
      const logs = where.atSure(loud);
      const usual = locks.read(logs);
      const unusual = deviationFrom(logs, locks.atSure(usual));
      const uneven = Math.max(Math.exp(wanted.uneven[k]) - 0.05, 0.05) / Math.max(unusual, 0.05);
      const shaped = k < wanted.shape.length ? bentTails(level, quantiles(where.atSure(level), TAILS), wanted.shape[k]) : level;
      // what is usual in the new colour, and of what is unusual here so much
      const fresh = locks.everywhere(wanted.loud[k].map((value, knot) => value - uneven * usual[knot]));
      addLoud(fine.data, shaped.data, loud.data, fresh.data, uneven);
    });
    const all = rest.copy();
    addTo(all, fine);
    const result = toned(rest, quantiles(where.atSure(all), QUANTILES), wanted.light);
    addTo(result, fine);
    return { light: result, locks: Locks.of(result, where, unit) };
  }

  /** Chroma along and across, tied to the final light as wanted within each scale. */
  private tied(light: Raster, wanted: Matrix[]): [Raster, Raster] {
    const { where } = this;
    const result: [Raster, Raster] = [new Raster(light.height, light.width), new Raster(light.height, light.width)];
    levels(light, where, this.unit).forEach((level, k) => {
      const all = [level, ...this.measured.tints[k]];
      const own = covariance(all.map((values) => where.atSure(values)));
      const spread = wanted[k];
      const follows = own[0].slice(1).map((value) => value / own[0][0]);
      const follow = spread[0].slice(1).map((value) => value / Math.sqrt(spread[0][0] * own[0][0]));
      const [left, leave] = [
        [own, follows],
        [spread, follow],
      ].map(([all, by]) => sum((all as Matrix).slice(1).map((row) => row.slice(1)), outer(by as number[], by as number[]), -own[0][0]));
      const free = leastMoving(left, leave, MOST_COLOR[k]);
      result.forEach((values, c) => {
        addTo(values, all[0], follow[c] - free[c][0] * follows[0] - free[c][1] * follows[1]);
        addTo(values, all[1], free[c][0]);
        addTo(values, all[2], free[c][1]);
      });
    });
    return result;
  }
}

/** Values divided by how loud they are, which becomes its logarithm; both in place. */
function evened(values: Float32Array, loud: Float32Array): void {
  for (let i = 0; i < values.length; i++) {
    values[i] /= loud[i];
    loud[i] = logOf(loud[i]);
  }
}

/** Add even values as loud as is usual, and of what is unusual so much: `loud` is the logarithm of how loud they were. */
function addLoud(sum: Float32Array, even: Float32Array, loud: Float32Array, usual: Float32Array, uneven: number): void {
  for (let i = 0; i < sum.length; i++) {
    const now = loud[i];
    sum[i] += even[i] * expOf(clamp(usual[i] + uneven * now, now - MOST_LOUD, now + MOST_LOUD));
  }
}

/** How far values lean to the light side, by their distribution at TAILS: Bowley's skewness of the first and last hundredth. */
function leaningOf(tails: number[]): number {
  const [low, middle, high] = [0.01, 0.5, 0.99].map((share) => interpolated(share, TAILS, tails));
  return (low + high - 2 * middle) / Math.max(high - low, 1e-6);
}

/** OKLab's a and b as chroma along an axis and across it; with the axis' second number negative the way back. */
function turned(a: Raster, b: Raster, [x, y]: readonly [number, number]): [Raster, Raster] {
  const [along, across] = [Raster.unwritten(a.height, a.width), Raster.unwritten(a.height, a.width)];
  const [from, other, to, beside] = [a.data, b.data, along.data, across.data];
  for (let i = 0; i < to.length; i++) {
    to[i] = from[i] * x + other[i] * y;
    beside[i] = other[i] * x - from[i] * y;
  }
  return [along, across];
}

function shift(values: Float32Array, by: number): void {
  for (let i = 0; i < values.length; i++) values[i] += by;
}

function planesOf(lab: Raster): Raster[] {
  return [0, 1, 2].map((c) => lab.plane(c));
}

function addTo({ data }: Raster, { data: other }: Raster, share = 1): void {
  for (let i = 0; i < data.length; i++) data[i] += share * other[i];
}
