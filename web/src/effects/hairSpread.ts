/** What the statistics of real hair usually are, by its colour: learnt from 1,839 labelled heads. */

import type { Color } from "../pixels/color";
import { product } from "../pixels/matrices";
import { clamp } from "../pixels/raster";
import table from "./hairSpread.json";

/** `HairStatistics.numbers` of heads whose median colour is this, OKLab with perceived lightness: mean and deviation. */
export function usual(middle: Color): { mean: number[]; spread: number[] } {
  const known = featuresOfColor(middle);
  const [mean, deviation] = [table.mean, table.deviation].map((weights) => product([known.slice(0, weights.length)], weights)[0]);
  return { mean, spread: deviation.map(Math.exp) };
}

/** What hair's statistics follow from; for colours that do not grow, as of the nearest that do. */
function featuresOfColor([lightness, a, b]: Color): number[] {
  const light = Math.log(clamp(lightness, 0.03, 0.85));
  const chroma = Math.hypot(a, b);
  const color = Math.log(clamp(chroma, 0.004, 0.1));
  const hue = clamp(Math.atan2(b, a) - Math.PI / 3, -0.6, 0.6) * clamp(chroma / 0.03, 0, 1);
  return [1, light, light ** 2, light ** 3, color, color * light, color ** 2, hue, hue * light, color * light ** 2];
}
