/** A second crop, twice as wide, for hair that runs out of the first one. */

import { FaceParsing, type Plain, type Probabilities } from "../face/values";
import { FACE, isWithin } from "../labels";
import type { Canvas } from "../picture";
import { apply, chained, expand, invert } from "../pixels/geometry";
import { Raster, clamp } from "../pixels/raster";
import { resized } from "../pixels/resize";
import { Bits } from "../pixels/shapes";
import { parseCrop } from "./crop";
import type { Segmenter } from "../inference/segmenter";

/** How much of a crop's side something must take to go on past it. */
const SOME = 0.03;

/** What is seen on a crop twice as wide as a near one. */
export interface Wide {
  probabilities: Plain;
  /** How much farther down it reaches than with the near one in its middle, in pixels of both together. */
  down: number;
}

/** Whether hair or a hat goes on past the crop while the picture does too. */
export function hairRunsOut(parsing: FaceParsing, picture: { height: number; width: number }): boolean {
  return runsOut(
    Bits.above(parsing.region("hair+hat"), 0.5),
    parsing,
    picture,
  );
}

/** Whether something goes on past the crop while the picture does too. */
export function runsOut(inside: Bits, { size, affine }: FaceParsing, { height, width }: { height: number; width: number }): boolean {
  const back = invert(affine);
  let count = 0;
  const look = (column: number, row: number): void => {
    const [x, y] = apply(back, column + 0.5, row + 0.5);
    const isInPicture = x > 1 && y > 1 && x < width - 1 && y < height - 1;
    if (isInPicture && inside.data[row * size + column]) count++;
  };
  for (let step = 0; step < size; step++) {
    for (const end of [0, size - 1]) {
      look(step, end);
      look(end, step);
    }
  }
  return count > SOME * size;
}

/** What the segmenter says of a crop that is twice as wide, without parts of a face outside of the near one. */
export async function lookedAtWidely(picture: Canvas, near: FaceParsing, segmenter: Segmenter): Promise<Wide> {
  const down = fartherDown(near, picture);
  const wide = await parseCrop(picture, chained(expand(near.affine, 2, near.size), [1, 0, 0, 0, 1, -down / 2]), segmenter);
  return { probabilities: surroundings(wide.probabilities as Plain, down), down };
}

/**
 * How much farther down the wide crop should reach, in pixels of the near one; an even number.
 *
 * Long hair leaves a crop that has the face in its middle, and would be dyed down to a straight line there. Where it falls out of the
 * near crop, and little leaves that at its top, up to half of what the wide one shows above may go, as far as there is a picture below.
 */
export function fartherDown(near: FaceParsing, { height, width }: { height: number; width: number }): number {
  const { size, affine } = near;
  const hair = Bits.above(near.region("hair+hat"), 0.5).data;
  let [above, falls] = [0, 0];
  for (let i = 0; i < size; i++) {
    above += hair[i];
    falls += hair[(size - 1) * size + i];
    if (i >= Math.floor(size / 2)) falls += hair[i * size] + hair[i * size + size - 1];
  }
  if (above > size / 2 || falls <= SOME * size) return 0;
  const lowest = Math.max(...[0, width].flatMap((x) => [0, height].map((y) => apply(affine, x, y)[1])));
  const lacking = Math.ceil(lowest - (3 * size) / 2);
  return Math.max(Math.min(lacking + (lacking & 1), Math.floor(size / 4)), 0);
}

/** Without parts of a face outside of the near crop, where shoulders pass for cheeks; changes the probabilities in place. */
function surroundings(wide: Plain, down: number): Plain {
  const { size, classes, data } = wide;
  const area = size * size;
  const low = Math.floor(size / 4);
  const top = low - down / 2;
  for (let y = 0, at = 0; y < size; y++) {
    for (let x = 0; x < size; x++, at++) {
      if (y < top || y >= top + size - 2 * low || x < low || x >= size - low) for (const index of FACE) data[index * area + at] = 0;
      data[at] += 1e-6; // where there was nothing but face, background
      let total = 0;
      for (let index = 0; index < classes; index++) total += data[index * area + at];
      for (let index = 0; index < classes; index++) data[index * area + at] /= total;
    }
  }
  return wide;
}

/** Takes picture points to a crop of the same resolution that has the parsing's own in its middle and is twice as large. */
export function widened(near: FaceParsing, probabilities: Probabilities, down: number): FaceParsing {
  const [a, b, tx, c, d, ty] = near.affine;
  const half = Math.floor(near.size / 2);
  return new FaceParsing(probabilities, [a, b, tx + half, c, d, ty + half - down]);
}

/** A crop's probabilities in the middle of those of one twice as wide, fading into them. */
export class Merged implements Probabilities {
  readonly size: number;
  readonly classes: number;

  constructor(
    private readonly near: Probabilities,
    private readonly wide: Wide,
  ) {
    this.size = 2 * near.size;
    this.classes = near.classes;
  }

  sum(indices: readonly number[]): Raster {
    const { size } = this.near;
    const result = resized(this.wide.probabilities.sum(indices), 2 * size, 2 * size);
    const near = this.near.sum(indices);
    const start = Math.floor(size / 2);
    const top = start - this.wide.down;
    const fade = (at: number): number => Math.min(at + 0.5, size - at - 0.5) / (0.12 * size);
    for (let y = 0, from = 0; y < size; y++) {
      for (let x = 0, to = (y + top) * 2 * size + start; x < size; x++, to++, from++) {
        result.data[to] += clamp(Math.min(fade(y), fade(x)), 0, 1) * (near.data[from] - result.data[to]);
      }
    }
    return result;
  }
}

/** Probabilities of a near crop, which answers alone for what ends within it, and of a whole with it in the middle. */
export class NearAndWide implements Probabilities {
  readonly size: number;
  readonly classes: number;

  constructor(
    readonly near: Probabilities,
    private readonly whole: Probabilities,
    readonly down: number,
  ) {
    this.size = 2 * near.size;
    this.classes = near.classes;
  }

  sum(indices: readonly number[]): Raster {
    if (!endsNear(indices)) return this.whole.sum(indices);
    const result = new Raster(this.size, this.size);
    const start = Math.floor(this.near.size / 2);
    result.put(this.near.sum(indices), start, start - this.down);
    return result;
  }
}

/** Whether these classes are answered by a near crop alone. */
export function endsNear(indices: readonly number[]): boolean {
  return isWithin(indices, FACE);
}

/** The near crop alone, of a parsing that has one; else the parsing itself. */
export function nearParsing(parsing: FaceParsing): FaceParsing {
  if (!(parsing.probabilities instanceof NearAndWide)) return parsing;
  const [a, b, tx, c, d, ty] = parsing.affine;
  const quarter = Math.floor(parsing.size / 4);
  return new FaceParsing(parsing.probabilities.near, [a, b, tx - quarter, c, d, ty - quarter + parsing.probabilities.down]);
}
