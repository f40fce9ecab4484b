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
import { type Color, oklabOf, ofHex } from "../pixels/color";
import { deviationOf, interpolated, meanOf, median, quantiles } from "../pixels/lists";
import { type Matrix, outer, sum } from "../pixels/matrices";
import { Random, SeedSequence } from "../pixels/random";
import { Raster, clamp, minus, stacked } from "../pixels/raster";
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
  statisticsOf,
  surely,
} from "./hairStatistics";
import { lookedUp } from "./hairStrands";
import { leastMoving, unrounded } from "./hairTies";
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
const SAMPLES = 20_000;
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
  static of(image: Raster, mask: Raster, unit: number, isInFilm = false): HeadOfHair {
    const detail = isInFilm ? DETAIL_IN_FILM : DETAIL;
    const cell = Math.max(Math.min(Math.floor(unit / detail + 0.5), mask.height, mask.width), 1);
    const [share, size] = [inCells(mask, cell), unit / cell];
    const around = gaussian(share, Math.max(OUTLINE * size, 0.5));
    const inner = share.map((value, i) => value * clamp(2 * around.data[i] - 1, 0, 1));
    const weight = inner.max >= 0.5 ? inner : share; // a few strands: the best there is
    // Along the edge what is behind shows through: a little of a bright wall would be a highlight, and dyed white.
    const wary = share.map((value) => clamp(1 - WARY * (1 - value), 0, 1));
    const near = foreground(inCells(image, cell), wary, CURLS * size);
    return new HeadOfHair(seen(foreground(near, wary, EDGE * size)), weight, size, cell, image);
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
    const grown = stacked(light, a, b, this.detailed, this.detailed);
    for (let i = 0, at = 0; i < light.data.length; i++, at += 5) {
      const gain = grown.data[at + 3] * clamp(after[i] / before[i], 0.25, MOST);
      grown.data[at] -= lean * gain * loud * before[i];
      grown.data[at + 3] = gain;
      grown.data[at + 4] = (lean * gain) / (loud * before[i]);
    }
    return new Enlarged(grown, this.cell);
  }

  /** How loud single hairs are round about. */
  private finest(light: Raster): Raster {
    const mean = localMean(light, this.weight, SCALES[0] * this.unit);
    return loudness(minus(light, mean), this.weight, this.unit);
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
    [wanted.along, wanted.across].forEach((to, c) => {
      addTo(tied[c], bent(lock, knots, to));
    });
    const [x, y] = hueAxis(target);
    const [a, b] = planesOf(inHue(stacked(light, ...tied), [x, -y])).slice(1);
    // Its median lies on the colour that was asked for.
    for (const [values, goal] of [[a, target[1]], [b, target[2]]] as const) {
      const shift = goal - median(picked(values, sure));
      for (let i = 0; i < values.data.length; i++) values.data[i] += shift;
    }
    return [light, a, b];
  }

  /** Light with these variances at each scale. */
  private spread(light: Raster, variance: number[]): Raster {
    const result = new Raster(light.height, light.width);
    result.data.fill(meanOf(picked(light, this.sure)));
    levels(light, this.weight, this.unit).forEach((level, k) => {
      const gain = clamp(Math.sqrt(variance[k]) / (deviationOf(picked(level, this.sure)) + 3e-4), 0.1, MOST);
      addTo(result, level, gain);
    });
    return result;
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
      const loud = loudness(level, weight, unit);
      const even = new Raster(light.height, light.width);
      for (let i = 0; i < even.data.length; i++) {
        even.data[i] = level.data[i] / loud.data[i];
        loud.data[i] = Math.log(loud.data[i]);
        rest.data[i] -= level.data[i];
      }
      const loudThere = picked(loud, sure);
      const usualHere = bent(lock, knots, byLight(lockThere, loudThere, knots));
      const unusualThere = loudThere.map((value, i) => value - usualHere.data[sure[i]]);
      const uneven = Math.max(Math.exp(wanted.uneven[k]) - 0.05, 0.05) / Math.max(deviationOf(unusualThere), 0.05);
      const shaped = k < wanted.shape.length ? bentTails(even, quantiles(picked(even, sure), TAILS), wanted.shape[k]) : even;
      const wantedHere = bent(lock, knots, wanted.loud[k]);
      for (let i = 0; i < fine.data.length; i++) {
        const now = loud.data[i];
        const next = wantedHere.data[i] + uneven * (now - usualHere.data[i]);
        fine.data[i] += shaped.data[i] * Math.exp(clamp(next, now - MOST_LOUD, now + MOST_LOUD));
      }
    });
    const all = rest.copy();
    addTo(all, fine);
    const result = toned(rest, quantiles(picked(all, sure), QUANTILES), wanted.light);
    addTo(result, fine);
    const newLock = localMean(result, weight, lockLight(unit));
    return { light: result, lock: newLock, knots: knotsOf(picked(newLock, sure)) };
  }

  /** Chroma along and across, tied to the final light as wanted within each scale. */
  private tied(values: Raster, wanted: Matrix[]): [Raster, Raster] {
    const result: [Raster, Raster] = [new Raster(values.height, values.width), new Raster(values.height, values.width)];
    levels(values, this.weight, this.unit).forEach((level, k) => {
      const { data } = level;
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
      result.forEach(({ data: values }, c) => {
        const [tie, [along, across]] = [ties[c], free[c]];
        for (let i = 0, at = 0; at < data.length; i++, at += 3) values[i] += tie * data[at] + along * data[at + 1] + across * data[at + 2];
      });
    });
    return result;
  }
}

/** How far values lean to the light side, by their distribution at TAILS: Bowley's skewness of the first and last hundredth. */
function leaningOf(tails: number[]): number {
  const [low, middle, high] = [0.01, 0.5, 0.99].map((share) => interpolated(share, TAILS, tails));
  return (low + high - 2 * middle) / Math.max(high - low, 1e-6);
}

/** Light, and chroma along an axis of hue and across it. */
function inHue(lab: Raster, axis: readonly [number, number]): Raster {
  const result = lab.copy();
  const { data } = result;
  const [x, y] = axis;
  for (let k = 0; k < data.length; k += 3) {
    const [a, b] = [data[k + 1], data[k + 2]];
    data[k + 1] = a * x + b * y;
    data[k + 2] = b * x - a * y;
  }
  return result;
}

function planesOf(lab: Raster): Raster[] {
  return [0, 1, 2].map((c) => lab.plane(c));
}

function addTo({ data }: Raster, other: Raster, share = 1): void {
  for (let i = 0; i < data.length; i++) data[i] += share * other.data[i];
}
