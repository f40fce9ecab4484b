/** Points of the face, read off its parsed regions: those that the effects here ask for. */

import { apply, invert } from "../pixels/geometry";
import type { Raster } from "../pixels/raster";
import { Bits, connected, fillHoles, onlyPart } from "../pixels/shapes";
import type { FaceParsing } from "./values";

export type Point = readonly [number, number];

/** In pixels of the picture; null for what cannot be seen. */
export interface Landmarks {
  /** The wings of the nose, where it is widest; left is the subject's. */
  nose: { leftWing: Point; rightWing: Point } | null;
  /** The lowest point of the face below its middle, in the head's own upright direction. */
  chin: Point | null;
}

/** From the nose's base to the chin it is at least this share of the way from the eyes to the base. */
const LEAST_CHIN = 0.4;
/** Parts of fewer pixels of the crop than this have no shape to speak of. */
const LEAST = 8;

export function landmarksOf(parsing: FaceParsing): Landmarks {
  const face = largestPart(fillHoles(parsing.region("face")));
  const nearby = near(face);
  const onFace = (region: string): Bits => largestPart(parsing.region(region).map((value, i) => (nearby.data[i] ? value : 0)));
  const nose = noseOf(onFace("nose"));
  const eyes = ["left_eye", "right_eye"].map((eye) => middleRow(onFace(eye))).filter((row) => row !== null);
  let chin = lowest(face);
  if (chin && nose && eyes.length) {
    const level = eyes.reduce((a, b) => a + b, 0) / eyes.length;
    if (!(chin[1] - nose.base > LEAST_CHIN * (nose.base - level))) chin = null; // it ends under the nose, behind a mask
  }
  const back = invert(parsing.affine);
  const onPicture = ([x, y]: Point): Point => apply(back, x, y);
  return {
    nose: nose && { leftWing: onPicture(nose.leftWing), rightWing: onPicture(nose.rightWing) },
    chin: chin && onPicture(chin),
  };
}

function largestPart(values: Raster): Bits {
  const inside = Bits.of(values, (value) => value >= 0.5);
  const parts = connected(inside);
  if (!parts.count) return inside;
  const areas = new Int32Array(parts.count + 1);
  for (const label of parts.labels) if (label) areas[label]++;
  return onlyPart(inside, parts, areas.indexOf(Math.max(...areas)));
}

/** The box round the face and a tenth more. A network may see a second mouth elsewhere, as beyond the picture. */
function near(face: Bits): Bits {
  const [left, right] = ends(face, (i) => i % face.width);
  const [top, bottom] = ends(face, (i) => Math.floor(i / face.width));
  const [across, down] = [0.1 * (right - left), 0.1 * (bottom - top)];
  const x0 = Math.max(Math.trunc(left + 0.5 - across - 1), 0);
  const y0 = Math.max(Math.trunc(top + 0.5 - down - 1), 0);
  return face.map((_, i) => {
    const [x, y] = [i % face.width, Math.floor(i / face.width)];
    return x >= x0 && y >= y0 && x <= Math.trunc(right + 0.5 + across + 1) && y <= Math.trunc(bottom + 0.5 + down + 1);
  });
}

/** The least and the most of something over all pixels that are yes. */
function ends(bits: Bits, of: (index: number) => number): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < bits.data.length; i++) {
    if (!bits.data[i]) continue;
    low = Math.min(low, of(i));
    high = Math.max(high, of(i));
  }
  return [low, high];
}

/** The mean row of an eye; null if it is not seen. */
function middleRow(part: Bits): number | null {
  const [left, right] = ends(part, (i) => i % part.width);
  const count = part.count;
  if (count < LEAST || right - left < 2) return null;
  let sum = 0;
  for (let i = 0; i < part.data.length; i++) if (part.data[i]) sum += Math.floor(i / part.width);
  return sum / count + 0.5;
}

function noseOf(part: Bits): { base: number; leftWing: Point; rightWing: Point } | null {
  if (part.count < LEAST) return null;
  const rows: number[] = [];
  const counts: number[] = [];
  for (let y = 0; y < part.height; y++) {
    const count = part.data.subarray(y * part.width, (y + 1) * part.width).reduce((sum, bit) => sum + bit, 0);
    if (count) {
      rows.push(y);
      counts.push(count);
    }
  }
  let widest = Math.floor(rows.length / 2);
  for (let i = widest + 1; i < rows.length; i++) if (counts[i] > counts[widest]) widest = i;
  const row = rows[widest];
  const line = part.data.subarray(row * part.width, (row + 1) * part.width);
  return {
    base: rows[rows.length - 1] + 1,
    leftWing: [line.lastIndexOf(1) + 1, row + 0.5],
    rightWing: [line.indexOf(1), row + 0.5],
  };
}

/** The lowest point near the middle of the face's width. */
function lowest(face: Bits): Point | null {
  if (face.count < LEAST) return null;
  const [left, right] = ends(face, (i) => i % face.width);
  const isMiddle = (x: number): boolean => Math.abs(x - (left + right) / 2) <= 0.2 * (right - left) + 0.5;
  for (let y = face.height - 1; y >= 0; y--) {
    const columns: number[] = [];
    for (let x = left; x <= right; x++) if (isMiddle(x) && face.data[y * face.width + x]) columns.push(x);
    if (columns.length) return [columns.reduce((a, b) => a + b, 0) / columns.length + 0.5, y + 0.5];
  }
  return null;
}
