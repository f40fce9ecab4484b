/** The light of a head's locks, which colour and loudness follow: cameras record colour coarsely. */

import { floats } from "../pixels/borrowed";
import { type Numbers, meanOf, quantiles, rising } from "../pixels/lists";
import { Raster, clamp } from "../pixels/raster";
import type { Where } from "./hairScales";

/** Over how much of the hair a lock's light is a mean, as a standard deviation, in face units. */
const LOCK = 0.02;
/** At which shares of that light what follows from it is read. */
const KNOTS = [0.05, 0.25, 0.5, 0.75, 0.95];
/** Steps of the tables that stand for curves. */
const STEPS = 2048;

/** What follows from the light of a head's locks: curves, of five numbers at the light's knots, straight in between. */
export class Locks {
  /** The light at KNOTS, no two of them equal. */
  private readonly knots: number[];
  /** Where each surely hairy pixel lies among the knots: the knot below it, and how far it is to the next one. */
  private readonly below: Uint8Array;
  private readonly onward: Float32Array;
  private steps: Uint16Array | null = null;

  private constructor(
    /** Perceived lightness over a lock. */
    private readonly light: Raster,
    where: Where,
  ) {
    const sure = where.atSure(light);
    this.knots = rising(quantiles(sure, KNOTS).map((value, k) => value + 1e-4 * k));
    const last = KNOTS.length - 2;
    const knots = Float64Array.from(this.knots);
    this.below = new Uint8Array(sure.length);
    this.onward = floats(sure.length, true);
    for (let i = 0; i < sure.length; i++) {
      let k = 0;
      while (k < last && sure[i] >= knots[k + 1]) k++;
      this.below[i] = k;
      this.onward[i] = clamp((sure[i] - knots[k]) / (knots[k + 1] - knots[k]), 0, 1);
    }
  }

  /** From the lightness of each pixel. */
  static of(light: Raster, where: Where, unit: number): Locks {
    return new Locks(where.mean(light, LOCK * unit), where);
  }

  /** Means of values, one where it is surely hair each, whose lock's light lies near each knot. */
  read(values: Float32Array): number[] {
    const { below, onward } = this;
    const [total, summed] = [new Float64Array(KNOTS.length), new Float64Array(KNOTS.length)];
    for (let i = 0; i < values.length; i++) {
      const k = below[i];
      const share = onward[i];
      const value = values[i];
      total[k] += 1 - share;
      total[k + 1] += share;
      summed[k] += (1 - share) * value;
      summed[k + 1] += share * value;
    }
    const mean = meanOf(values);
    return Array.from(total, (count, k) => (count > 0 ? summed[k] / Math.max(count, 1e-9) : mean));
  }

  /** A curve where it is surely hair. */
  atSure(curve: number[]): Float32Array {
    const { below, onward } = this;
    const at = Float64Array.from(curve);
    const result = floats(below.length, true);
    for (let i = 0; i < result.length; i++) {
      const k = below[i];
      result[i] = at[k] + onward[i] * (at[k + 1] - at[k]);
    }
    return result;
  }

  /** A curve at each pixel. */
  everywhere(curve: number[]): Raster {
    this.steps ??= stepsOf(this.light, this.knots[0], this.knots[KNOTS.length - 1], STEPS);
    return tabled(this.light, this.steps, tableOf(this.knots, curve));
  }
}

/** `interpolated` for pictures: by a table of many steps. */
export function bent(values: Raster, places: Numbers, to: Numbers): Raster {
  return lookedUp(values, places[0], places[places.length - 1], tableOf(places, to));
}

/** What a table has for places evenly spread from the first to the last: at the nearest below each value. */
export function lookedUp(values: Raster, first: number, last: number, table: Float32Array): Raster {
  return tabled(values, stepsOf(values, first, last, table.length), table);
}

function tabled({ height, width }: Raster, steps: Uint16Array, table: Float32Array): Raster {
  const result = Raster.unwritten(height, width);
  const { data } = result;
  for (let i = 0; i < data.length; i++) data[i] = table[steps[i]];
  return result;
}

/** What a curve is at so many places, evenly spread from its first to its last. */
function tableOf(places: Numbers, to: Numbers): Float32Array {
  const last = places.length - 1;
  const [low, high] = [places[0], places[last]];
  const table = floats(STEPS, true);
  for (let i = 0, k = 0; i < STEPS; i++) {
    const place = low + ((high - low) * i) / (STEPS - 1);
    while (k < last - 1 && places[k + 1] <= place) k++;
    table[i] = to[k] + ((place - places[k]) / (places[k + 1] - places[k])) * (to[k + 1] - to[k]);
  }
  return table;
}

/** Where each value lies in such a table. */
function stepsOf({ data }: Raster, first: number, last: number, many: number): Uint16Array {
  const [low, scale] = [Math.fround(first), Math.fround((many - 1) / Math.max(last - first, 1e-6))];
  const result = new Uint16Array(data.length);
  for (let i = 0; i < result.length; i++) {
    const step = Math.fround(Math.fround(data[i] - low) * scale); // in floats, as in Python, so that it takes the same one
    result[i] = step > 0 ? (step < many - 1 ? step : many - 1) : 0;
  }
  return result;
}
