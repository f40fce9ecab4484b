/** The values that travel: boxes, detections, probabilities, parsings. */

import { indicesOf } from "../labels";
import { lasting } from "../pixels/borrowed";
import type { Affine } from "../pixels/geometry";
import { Raster, clamp } from "../pixels/raster";
import type { Bits } from "../pixels/shapes";

/** An axis-aligned box in pixels; may be fractional and reach outside. */
export class Box {
  constructor(
    readonly x0: number,
    readonly y0: number,
    readonly x1: number,
    readonly y1: number,
  ) {}

  static square([x, y]: readonly [number, number], side: number): Box {
    return new Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2);
  }

  get width(): number {
    return Math.max(this.x1 - this.x0, 0);
  }

  get height(): number {
    return Math.max(this.y1 - this.y0, 0);
  }

  get area(): number {
    return this.width * this.height;
  }

  /** Side of the square of the same area; what lengths in face units are fractions of. */
  get side(): number {
    return Math.sqrt(this.area);
  }

  get center(): [number, number] {
    return [(this.x0 + this.x1) / 2, (this.y0 + this.y1) / 2];
  }

  /** The area that two boxes share. */
  shared(other: Box): number {
    const width = Math.min(this.x1, other.x1) - Math.max(this.x0, other.x0);
    const height = Math.min(this.y1, other.y1) - Math.max(this.y0, other.y0);
    return Math.max(width, 0) * Math.max(height, 0);
  }
}

/** A detector's answer: a box from the brows to the chin, the tilt in degrees, how sure it is, and maybe five points. */
export interface Detection {
  box: Box;
  roll: number;
  score: number;
  points: readonly (readonly [number, number])[];
}

/** Probabilities by class on a crop of `size` pixels a side. */
export interface Probabilities {
  readonly size: number;
  readonly classes: number;
  /** The sum over some classes. Not to be changed: it may be kept. */
  sum(indices: readonly number[]): Raster;
}

/** All classes in one array, class by class. */
export class Plain implements Probabilities {
  constructor(
    readonly size: number,
    readonly classes: number,
    readonly data: Float32Array,
  ) {}

  /** One class; a view. */
  plane(index: number): Raster {
    const area = this.size ** 2;
    return new Raster(this.size, this.size, 1, this.data.subarray(index * area, (index + 1) * area));
  }

  sum(indices: readonly number[]): Raster {
    if (indices.length === 1) return this.plane(indices[0]);
    const result = new Raster(this.size, this.size);
    for (const index of indices) {
      const { data } = this.plane(index);
      for (let i = 0; i < data.length; i++) result.data[i] += data[i];
    }
    return result;
  }

  copy(): Plain {
    return new Plain(this.size, this.classes, this.data.slice());
  }
}

/** Others, with nothing but background in some places. */
export class Emptied implements Probabilities {
  readonly size: number;
  readonly classes: number;

  constructor(
    private readonly source: Probabilities,
    private readonly where: Bits,
  ) {
    this.size = source.size;
    this.classes = source.classes;
  }

  static of(source: Probabilities, where: Bits | null): Probabilities {
    return where?.any ? new Emptied(source, where) : source;
  }

  sum(indices: readonly number[]): Raster {
    const left = indices.includes(0) ? 1 : 0;
    const result = this.source.sum(indices).copy();
    for (let i = 0; i < result.data.length; i++) if (this.where.data[i]) result.data[i] = left;
    return result;
  }
}

/** Others, whose sums are made once. */
export class Kept implements Probabilities {
  readonly size: number;
  readonly classes: number;
  private readonly made = new Map<string, Raster>();

  constructor(private readonly source: Probabilities) {
    this.size = source.size;
    this.classes = source.classes;
  }

  sum(indices: readonly number[]): Raster {
    const key = indices.join();
    const found = this.made.get(key) ?? lasting(() => this.source.sum(indices));
    this.made.set(key, found);
    return found;
  }
}

/** What a segmenter said of one face, and the map that takes picture points to the crop. */
export class FaceParsing {
  constructor(
    readonly probabilities: Probabilities,
    readonly affine: Affine,
  ) {}

  /** Probability of a region on the crop: the sum over its classes. */
  region(name: string): Raster {
    const sum = this.probabilities.sum(indicesOf(name));
    const result = new Raster(sum.height, sum.width);
    for (let i = 0; i < result.data.length; i++) result.data[i] = clamp(sum.data[i], 0, 1);
    return result;
  }

  get size(): number {
    return this.probabilities.size;
  }
}
