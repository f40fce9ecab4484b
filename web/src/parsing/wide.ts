/** A second crop, twice as wide, for hair that runs out of the first one. */

import { FaceParsing, type Plain, type Probabilities } from "../face/values";
import { FACE, isWithin } from "../labels";
import type { Canvas } from "../picture";
import { apply, expand, invert } from "../pixels/geometry";
import { Raster, clamp } from "../pixels/raster";
import { resized } from "../pixels/resize";
import { Bits } from "../pixels/shapes";
import { parseCrop } from "./crop";
import type { Segmenter } from "../inference/segmenter";

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
  return count > 0.03 * size;
}

/** What the segmenter says of a crop about the same middle that is twice as wide, without parts of a face outside of the near one. */
export async function lookedAtWidely(picture: Canvas, near: FaceParsing, segmenter: Segmenter): Promise<Plain> {
  const wide = await parseCrop(picture, expand(near.affine, 2, near.size), segmenter);
  return surroundings(wide.probabilities as Plain);
}

/** Without parts of a face outside of the near crop, where shoulders pass for cheeks; changes the probabilities in place. */
function surroundings(wide: Plain): Plain {
  const { size, classes, data } = wide;
  const area = size * size;
  const low = Math.floor(size / 4);
  for (let y = 0, at = 0; y < size; y++) {
    for (let x = 0; x < size; x++, at++) {
      if (y < low || y >= size - low || x < low || x >= size - low) for (const index of FACE) data[index * area + at] = 0;
      data[at] += 1e-6; // where there was nothing but face, background
      let total = 0;
      for (let index = 0; index < classes; index++) total += data[index * area + at];
      for (let index = 0; index < classes; index++) data[index * area + at] /= total;
    }
  }
  return wide;
}

/** Takes picture points to a crop of the same resolution that has the parsing's own in its middle and is twice as large. */
export function widened(near: FaceParsing, probabilities: Probabilities): FaceParsing {
  const [a, b, tx, c, d, ty] = near.affine;
  const half = Math.floor(near.size / 2);
  return new FaceParsing(probabilities, [a, b, tx + half, c, d, ty + half]);
}

/** A crop's probabilities in the middle of those of one twice as wide, fading into them. */
export class Merged implements Probabilities {
  readonly size: number;
  readonly classes: number;

  constructor(
    private readonly near: Probabilities,
    private readonly wide: Probabilities,
  ) {
    this.size = 2 * near.size;
    this.classes = near.classes;
  }

  sum(indices: readonly number[]): Raster {
    const { size } = this.near;
    const result = resized(this.wide.sum(indices), 2 * size, 2 * size);
    const near = this.near.sum(indices);
    const start = Math.floor(size / 2);
    const fade = (at: number): number => Math.min(at + 0.5, size - at - 0.5) / (0.12 * size);
    for (let y = 0, from = 0; y < size; y++) {
      for (let x = 0, to = (y + start) * 2 * size + start; x < size; x++, to++, from++) {
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
  ) {
    this.size = 2 * near.size;
    this.classes = near.classes;
  }

  sum(indices: readonly number[]): Raster {
    if (!endsNear(indices)) return this.whole.sum(indices);
    const result = new Raster(this.size, this.size);
    const start = Math.floor(this.near.size / 2);
    result.put(this.near.sum(indices), start, start);
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
  return new FaceParsing(parsing.probabilities.near, [a, b, tx - quarter, c, d, ty - quarter]);
}
