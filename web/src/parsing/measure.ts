/** Where on its crop a parsed face really lies, and whether there is one at all. */

import { Box, type Detection, type FaceParsing } from "../face/values";
import { apply, invert } from "../pixels/geometry";
import { quantiles } from "../pixels/lists";
import type { Raster } from "../pixels/raster";
import { Bits, connected, onlyPart, votes, winner } from "../pixels/shapes";
import { FEATURES } from "./parser";

/** A parsed crop in which the features of a face are less sure than this, on average, shows no face. */
const MIN_SCORE = 0.5;
/** The crop is cut again if the parsed face turns out to lie this far from where the detector said. */
const MAX_TURN = 10;
const MAX_SHIFT = 0.2;
const MAX_RESIZE = 1.35;
/** A detector's box is this much larger than the square of the parsed face's area. */
export const BOX_PER_FACE = 1.07;

/** A parsed face: where it is on the crop, the box round it, and where a detector should have put it. */
export interface Measured {
  face: Bits;
  box: Box;
  detection: Detection;
}

/** Where the parsed face really lies; null if the crop shows none. */
export function measure(parsing: FaceParsing, found: Detection): Measured | null {
  const face = centralPart(Bits.below(parsing.region("face"), 0.5).not);
  const score = featureScore(parsing, face);
  if (score < MIN_SCORE) return null;
  const back = invert(parsing.affine);
  const count = face.count;
  const [xs, ys] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0, at = 0; i < face.data.length; i++) {
    if (!face.data[i]) continue;
    const row = Math.floor(i / face.width);
    [xs[at], ys[at]] = apply(back, i - row * face.width + 0.5, row + 0.5);
    at++;
  }
  const [x0, x1] = quantiles(xs, [0.005, 0.995]);
  const [y0, y1] = quantiles(ys, [0.005, 0.995]);
  if (x1 - x0 < 4 || y1 - y0 < 4) return null;
  const box = new Box(x0, y0, x1, y1);
  const roll = found.roll + rollOnCrop(parsing);
  const square = Box.square(box.center, BOX_PER_FACE * box.side);
  return { face, box, detection: { box: square, roll: turned(roll), score, points: [] } };
}

/** An angle as one from -180 to 180 degrees. */
export function turned(angle: number): number {
  return ((((angle + 180) % 360) + 360) % 360) - 180;
}

/** The connected part that most of the middle of the crop belongs to. */
function centralPart(inside: Bits): Bits {
  const parts = connected(inside);
  if (parts.count === 0) return inside;
  const size = inside.width;
  const margin = Math.floor(size / 4);
  const isMiddle = (i: number): boolean => {
    const y = Math.floor(i / size);
    const x = i - y * size;
    return y >= margin && y < size - margin && x >= margin && x < size - margin;
  };
  return onlyPart(inside, parts, winner(votes(parts, isMiddle)) || 1);
}

/** How surely the crop shows eyes, brows, a nose and lips where the face is: mean of their most certain pixels, 0 to 1. */
function featureScore(parsing: FaceParsing, face: Bits): number {
  const area = face.count;
  const needed = Math.max(Math.floor(area / 400), 4); // pixels that a feature must have
  if (area < 16 * needed) return 0;
  const peaks = FEATURES.map((feature) => {
    const inside = within(parsing.region(feature), face, area);
    const likely = above(inside, 0.1); // few, and mostly enough
    return (likely.length >= needed ? likely : inside).sort().at(-needed) as number;
  });
  peaks.sort((a, b) => a - b);
  return peaks.slice(1).reduce((sum, peak) => sum + peak, 0) / (peaks.length - 1); // one may be covered: glasses, a fringe, a hand
}

/** Values of the pixels of a face of that area. */
function within({ data }: Raster, face: Bits, area: number): Float32Array {
  const result = new Float32Array(area);
  let count = 0;
  for (let i = 0; i < data.length; i++) if (face.data[i]) result[count++] = data[i];
  return result;
}

function above(values: Float32Array, least: number): Float32Array {
  const found = new Float32Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] > least) found[count++] = values[i];
  return found.subarray(0, count);
}

/** Degrees by which the line through the eyes is still turned; 0 if only one eye can be seen. */
function rollOnCrop(parsing: FaceParsing): number {
  const [left, right] = [middle(parsing.region("left_eye")), middle(parsing.region("right_eye"))];
  if (!left || !right) return 0;
  return (Math.atan2(left[1] - right[1], left[0] - right[0]) * 180) / Math.PI; // the subject's left eye lies to the right
}

function middle(values: Raster): [number, number] | null {
  let [x, y, count] = [0, 0, 0];
  for (let i = 0; i < values.data.length; i++) {
    if (values.data[i] < 0.5) continue;
    const row = Math.floor(i / values.width);
    x += i - row * values.width;
    y += row;
    count++;
  }
  return count ? [x / count, y / count] : null;
}

/** Whether the parsed face lies too far from where it was detected for its crop to be a good one. */
export function isOff(found: Detection, { detection: better }: Measured): boolean {
  const [x, y] = found.box.center;
  const [bx, by] = better.box.center;
  const [side, other] = [found.box.side, better.box.side];
  const resize = Math.max(side / other, other / side);
  return Math.abs(turned(found.roll - better.roll)) > MAX_TURN || Math.hypot(x - bx, y - by) > MAX_SHIFT * other || resize > MAX_RESIZE;
}
