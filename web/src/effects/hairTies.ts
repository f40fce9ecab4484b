/** How light and colour vary together within a scale, and what makes one such variation another. */

import { type Color, oklabOf } from "../pixels/color";
import { type Matrix, identity, product, sum, transposed, withValues } from "../pixels/matrices";
import { clamp } from "../pixels/raster";
import { hueAxis } from "./hairStatistics";
import { seenColor, shownAll } from "./perceived";

/** Of white noise, as rounding to eight bits makes it, how much lies in single hairs and in strands. */
const ROUNDING = [1.3, 0.15];

/** Without what the photos' rounding to eight bits had part in it, since the result is rounded too. */
export function unrounded(spread: Matrix[], target: Color): Matrix[] {
  const rgb = Float32Array.from(target);
  shownAll(rgb);
  const [x, y] = hueAxis(target);
  const step = 0.01;
  const colorOf = (stepped: number): number[] => {
    const [light, a, b] = seenColor(oklabOf([0, 1, 2].map((c) => rgb[c] + (c === stepped ? step : 0)) as unknown as Color));
    return [light, a * x + b * y, b * x - a * y];
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
export function leastMoving(own: Matrix, wanted: Matrix, most: number): Matrix {
  const safe = sum(own, identity(own.length), 1e-7);
  const root = withValues(safe, rootOf);
  const back = withValues(safe, (value) => 1 / rootOf(value));
  const map = product(product(back, withValues(product(product(root, wanted), root), rootOf)), back);
  return withValues(map, (stretch) => clamp(stretch, 0.1, most));
}

function rootOf(value: number): number {
  return Math.sqrt(Math.max(value, 0));
}
