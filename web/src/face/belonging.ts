/** Which pixels of a parsed crop belong to its face: not those of another face, nor specks that nothing connects to the head. */

import { BACKGROUND, FACE, HAIR } from "../labels";
import { apply, invert } from "../pixels/geometry";
import type { Raster } from "../pixels/raster";
import { Bits, type Parts, connected, nearest } from "../pixels/shapes";
import { type Box, Emptied, FaceParsing } from "./values";

/** Hair beyond a hand or a strap that crosses it is believed in from this share of the head's area on. */
const LEAST_LOCK = 0.05;

/** The parsing of the face in a box, with what is another's or nobody's made background. */
export function own(parsing: FaceParsing, box: Box, others: readonly Box[]): FaceParsing {
  const alone = Emptied.of(parsing.probabilities, othersIn(parsing, box, others));
  const first = new FaceParsing(alone, parsing.affine);
  return new FaceParsing(Emptied.of(alone, islands(first)), parsing.affine);
}

/** What lies nearer to the middle of another face, in face sides; null if there is no other. */
function othersIn({ size, affine }: FaceParsing, box: Box, others: readonly Box[]): Bits | null {
  if (!others.length) return null;
  const back = invert(affine);
  const distance = (to: Box, x: number, y: number): number => Math.hypot(x - to.center[0], y - to.center[1]) / to.side;
  return new Bits(size, size).map((_, i) => {
    const row = Math.floor(i / size);
    const [x, y] = apply(back, i - row * size + 0.5, row + 0.5);
    const own = distance(box, x, y);
    return others.some((other) => distance(other, x, y) < own);
  });
}

/** Parts that background parts from the head all round: a hat on a plain wall, an ear in the grass; null if there is none. */
function islands({ probabilities }: FaceParsing): Bits | null {
  const seen = Bits.below(probabilities.sum([BACKGROUND]), 0.5);
  const parts = connected(seen);
  if (parts.count <= 1) return null;
  const kept = keptParts(parts, probabilities.sum(FACE), probabilities.sum([HAIR]));
  if (!kept?.includes(0)) return null;
  // Every pixel goes with the nearest part, so that the soft edge of an island goes with it.
  const { labels } = nearest(seen.not, parts.labels);
  const result = new Bits(seen.height, seen.width);
  for (let i = 0; i < labels.length; i++) result.data[i] = 1 - kept[labels[i]];
  return result;
}

/** For each part 1 if it is the head or believed to belong to it; the first, which is none, counts as one. Null where no part is a head. */
function keptParts({ count, labels }: Parts, face: Raster, hair: Raster): Uint8Array | null {
  const areas = new Int32Array(count + 1);
  const faces = new Int32Array(count + 1);
  const hairs = new Float64Array(count + 1);
  for (let i = 0; i < labels.length; i++) {
    const part = labels[i];
    if (!part) continue;
    areas[part]++;
    if (face.data[i] >= 0.5) faces[part]++;
    hairs[part] += hair.data[i];
  }
  const head = faces.indexOf(Math.max(...faces));
  if (faces[head] === 0) return null;
  const isKept = (part: number): boolean => part === head || (areas[part] >= LEAST_LOCK * areas[head] && hairs[part] > 0.5 * areas[part]);
  return Uint8Array.from(areas, (_, part) => (part === 0 || isKept(part) ? 1 : 0));
}
