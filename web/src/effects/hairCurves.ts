/** Curves that move one distribution of light onto another. */

import { type Numbers, rising } from "../pixels/lists";
import { type Raster, clamp } from "../pixels/raster";
import { bent, lookedUp } from "./hairLocks";

/** From where to where a curve is worked out, and at how many places. */
const [FIRST, LAST, STEPS] = [-0.2, 1.2, 2048];

/** Values whose distribution at TAILS is moved; beyond, at most 0.7 of the distance stays. */
export function bentTails(values: Raster, own: number[], wanted: number[]): Raster {
  const reach = 4;
  const last = own.length - 1;
  const places = own.map((value, k) => value + 1e-4 * k);
  const to = [wanted[0] - 0.7 * reach, ...wanted, wanted[last] + 0.7 * reach];
  return bent(values, [places[0] - reach, ...places, places[last] + reach], to);
}

/**
 * Light whose quantiles are moved by a smooth curve that never falls; beyond them it bends towards black and white.
 *
 * Cubic pieces with the slopes of Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5 (1984).
 */
export function toned(light: Raster, own: Numbers, wanted: Numbers): Raster {
  const x = rising(own).map((value, k) => value + 1e-4 * k);
  const y = rising(Array.from(wanted, (value) => clamp(value, 0.005, 0.99))).map((value, k) => value + 1e-5 * k);
  const last = x.length - 1;
  const wide = x.slice(1).map((value, k) => value - x[k]);
  const steep = wide.map((width, k) => (y[k + 1] - y[k]) / width);
  const slopes = x.map((_, k) => {
    if (k === 0 || k === last) return steep[Math.min(k, last - 1)];
    const [before, after] = [wide[k] + 2 * wide[k - 1], 2 * wide[k] + wide[k - 1]];
    return (before + after) / (after / steep[k - 1] + before / steep[k]);
  });
  const [low, high] = [slopes[0], slopes[last]].map((slope) => clamp(slope, 0.3, 4));
  const [dark, bright] = [y[0], 1 - y[last]];
  const curve = new Float32Array(STEPS);
  for (let i = 0, k = 0; i < STEPS; i++) {
    const place = FIRST + ((LAST - FIRST) * i) / (STEPS - 1);
    while (k < wide.length - 1 && x[k + 1] < place) k++;
    const t = clamp((place - x[k]) / wide[k], 0, 1);
    const rest = (1 - t) * (1 - t);
    const start = (1 + 2 * t) * rest * y[k] + t * rest * wide[k] * slopes[k];
    const end = t * t * (3 - 2 * t) * y[k + 1] - t * t * (1 - t) * wide[k] * slopes[k + 1];
    let value = start + end;
    if (place < x[0]) value -= dark * (1 - Math.exp(((place - x[0]) * low) / Math.max(dark, 1e-3)));
    if (place > x[last]) value += bright * (1 - Math.exp(((x[last] - place) * high) / Math.max(bright, 1e-3)));
    curve[i] = value;
  }
  return lookedUp(light, FIRST, LAST, curve);
}
