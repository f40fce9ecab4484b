/** A head of hair taken apart into five scales, from single hairs to the broad light on the head, and how loud each is. */

import { floats } from "../pixels/borrowed";
import { Enlarged, broadly, cellOfMean } from "../pixels/cells";
import { meanOf } from "../pixels/lists";
import { type Raster, minus, weighted } from "../pixels/raster";

/** Standard deviations that part single hairs, strands, locks, waves and the broad light, in face units. */
export const SCALES = [0.004, 0.01, 0.024, 0.06];
/** So many pixels, evenly chosen, tell as much as all. */
const MANY = 15_000;
/** Over how much of the hair the loudness of its texture is gathered, in face units. */
const AROUND = 0.03;

/** How surely each pixel is hair and nothing else, and what is found of that once and used by many means. */
export class Where {
  /** Pixels' indices where it is hair and nothing else, or most surely. */
  readonly sure: Int32Array;
  private readonly some: Raster;
  private readonly places: Int32Array;
  private readonly totals = new Map<number, Raster>();

  constructor(readonly weight: Raster) {
    const { data } = weight;
    const least = Math.min(0.8, weight.max);
    const found = new Int32Array(data.length);
    let count = 0;
    for (let i = 0; i < found.length; i++) if (data[i] >= least) found[count++] = i;
    this.sure = found.subarray(0, count);
    const every = Math.floor(count / MANY) + 1;
    this.places = Int32Array.from({ length: Math.ceil(count / every) }, (_, i) => found[i * every]);
    this.some = weight.copy();
    for (let i = 0; i < data.length; i++) this.some.data[i] += 1e-5; // where no hair is near, whatever is
  }

  /** What values are where it is surely hair. */
  atSure({ data }: Raster): Float32Array {
    const { places } = this;
    const result = floats(places.length, true);
    for (let i = 0; i < result.length; i++) result[i] = data[places[i]];
    return result;
  }

  /** Gaussian mean of what the weight picks. */
  mean(values: Raster, sigma: number): Raster {
    return this.means(values, [sigma])[0];
  }

  /** Several of them. */
  means(values: Raster, sigmas: readonly number[]): Raster[] {
    const picked = weighted(values, this.some);
    return sigmas.map((sigma) => this.meanOf(picked, sigma));
  }

  /** Broad ones are found on cells, of which they need no more. */
  private meanOf(picked: Raster, sigma: number): Raster {
    const cell = cellOfMean(sigma, picked);
    let total = this.totals.get(sigma);
    if (!total) {
      total = broadly(this.some, sigma, cell);
      for (let i = 0; i < total.data.length; i++) total.data[i] = Math.max(total.data[i], 1e-9);
      this.totals.set(sigma, total);
    }
    const mean = broadly(picked, sigma, cell);
    const [over, under] = [mean.data, total.data];
    for (let i = 0; i < over.length; i++) over[i] /= under[i];
    return cell === 1 ? mean : new Enlarged(mean, cell).allOf(picked);
  }
}

/** Single hairs, strands, locks, waves and the broad light, the first so many of them. All five add up to the values less their mean. */
export function levels(values: Raster, where: Where, unit: number, many = SCALES.length + 1): Raster[] {
  const smooth = where.means(
    values,
    SCALES.slice(0, many).map((scale) => scale * unit),
  );
  const found = smooth.map((coarse, k) => minus(k ? smooth[k - 1] : values, coarse));
  if (many <= SCALES.length) return found;
  const broad = smooth[SCALES.length - 1];
  const mean = meanOf(where.atSure(broad));
  for (let i = 0; i < broad.data.length; i++) broad.data[i] -= mean;
  return [...found, broad];
}

/** How far the lightness of one scale usually goes, round about each pixel: above 0. */
export function loudness(level: Raster, where: Where, unit: number): Raster {
  const mean = where.mean(weighted(level, level), AROUND * unit);
  const { data } = mean;
  for (let i = 0; i < data.length; i++) data[i] = Math.sqrt(Math.max(data[i], 0) + 4e-7);
  return mean;
}
