/** Eyes, brows, a nose or lips where no face has any: an ear seen from the side passes for an eye, an Adam's apple for lips. */

import { FaceParsing, type Plain } from "../face/values";
import { FACE, indicesOf } from "../labels";
import type { Raster } from "../pixels/raster";
import { Bits, type Parts, connected, dilated, square, votes, winner } from "../pixels/shapes";

/** What is farther from the nose than so many times the mouth is, and than that share of the face's size, is no feature. */
const FAR = 2.1;
const AWAY = 0.45;
/** Where features are less likely than this, all together, none is seen. */
const UNLIKELY = 0.1;
/** A nose and a mouth that are smaller than this share of the face say nothing of where the others are. */
const SEEN = 0.003;
/** Strays are looked for on a grid of about so many points a side. */
const GRID = 100;

const [NOSE, LIPS] = [indicesOf("nose"), indicesOf("lips")];
const FEATURES = indicesOf("eyes+eyebrows+nose+lips+inner_mouth");

/** The parsing with features that lie far from nose and mouth made what else is likeliest there; the same one if none does. */
export function withoutStrays(parsing: FaceParsing): FaceParsing {
  const probabilities = parsing.probabilities as Plain;
  const { size, classes } = probabilities;
  const step = Math.max(Math.floor(size / GRID), 1);
  const points = Math.ceil(size / step);
  const coarse = (indices: readonly number[], above: number): Bits => everyStep(probabilities.sum(indices), step, points, above);
  const parts = connected(coarse(FEATURES, UNLIKELY));
  const area = coarse(FACE, 0.5).count;
  const [nose, mouth] = [NOSE, LIPS].map((part) => middle(coarse(part, 0.5), parts, SEEN * area));
  if (!nose || !mouth) return parsing;
  const farthest = Math.max(FAR * Math.hypot(mouth[0] - nose[0], mouth[1] - nose[1]), AWAY * Math.sqrt(area));
  const isStray = middles(parts, points).map(([x, y]) => Math.hypot(x - nose[0], y - nose[1]) > farthest);
  if (!isStray.includes(true)) return parsing;
  const stray = dilated(new Bits(points, points).map((_, i) => parts.labels[i] > 0 && isStray[parts.labels[i] - 1]).raster, square(1));
  const result = probabilities.copy();
  for (let at = 0; at < size ** 2; at++) {
    const [x, y] = [at % size, Math.floor(at / size)];
    if (!stray.data[Math.floor(y / step) * points + Math.floor(x / step)]) continue;
    for (const index of FEATURES) result.data[index * size ** 2 + at] = 0;
    let rest = 0;
    for (let index = 0; index < classes; index++) rest += result.data[index * size ** 2 + at];
    for (let index = 0; index < classes; index++) result.data[index * size ** 2 + at] /= Math.max(rest, 1e-37);
  }
  return new FaceParsing(result, parsing.affine);
}

/** Where a raster is above a value, at every so many pixels. */
function everyStep({ data, width }: Raster, step: number, points: number, above: number): Bits {
  return new Bits(points, points).map((_, i) => data[Math.floor(i / points) * step * width + (i % points) * step] > above);
}

/** The middle of a feature in the connected part that holds most of it; null where that is not more than so many points. */
function middle(likely: Bits, parts: Parts, least: number): [number, number] | null {
  const most = winner(votes(parts, (i) => likely.data[i] === 1));
  let [x, y, count] = [0, 0, 0];
  likely.data.forEach((bit, i) => {
    if (!bit || !most || parts.labels[i] !== most) return;
    x += i % likely.width;
    y += Math.floor(i / likely.width);
    count++;
  });
  return count > least ? [x / count, y / count] : null;
}

/** The middle of each connected part, from the first on. */
function middles({ labels, count }: Parts, width: number): [number, number][] {
  const sums = Array.from({ length: count }, () => [0, 0, 0]);
  labels.forEach((part, i) => {
    if (!part) return;
    const sum = sums[part - 1];
    sum[0] += i % width;
    sum[1] += Math.floor(i / width);
    sum[2]++;
  });
  return sums.map(([x, y, points]) => [x / points, y / points]);
}
