/** Shapes in masks of yes and no: connected parts, distances, holes, growing and shrinking. */

import { Raster, rounded } from "./raster";

/** A mask of yes (1) and no (0). */
export class Bits {
  constructor(
    readonly height: number,
    readonly width: number,
    readonly data: Uint8Array = new Uint8Array(height * width),
  ) {}

  static of(mask: Raster, test: (value: number) => boolean): Bits {
    const bits = new Bits(mask.height, mask.width);
    for (let i = 0; i < bits.data.length; i++) bits.data[i] = test(mask.data[i]) ? 1 : 0;
    return bits;
  }

  /** Where a mask is above a value. */
  static above({ height, width, data }: Raster, limit: number): Bits {
    const bits = new Bits(height, width);
    for (let i = 0; i < data.length; i++) bits.data[i] = data[i] > limit ? 1 : 0;
    return bits;
  }

  /** Where a mask is below a value. */
  static below({ height, width, data }: Raster, limit: number): Bits {
    const bits = new Bits(height, width);
    for (let i = 0; i < data.length; i++) bits.data[i] = data[i] < limit ? 1 : 0;
    return bits;
  }

  get not(): Bits {
    const { data } = this;
    const result = new Bits(this.height, this.width);
    for (let i = 0; i < data.length; i++) result.data[i] = 1 - data[i];
    return result;
  }

  /** How many are yes. */
  get count(): number {
    let count = 0;
    for (const bit of this.data) count += bit;
    return count;
  }

  get any(): boolean {
    return this.data.includes(1);
  }

  get all(): boolean {
    return !this.data.includes(0);
  }

  map(change: (bit: number, index: number) => boolean | number): Bits {
    const result = new Bits(this.height, this.width);
    for (let i = 0; i < result.data.length; i++) result.data[i] = change(this.data[i], i) ? 1 : 0;
    return result;
  }

  get raster(): Raster {
    const result = Raster.unwritten(this.height, this.width);
    result.data.set(this.data);
    return result;
  }
}

/** Connected parts: how many there are and, for each pixel, the number of its part, from 1 on, or 0. */
export interface Parts {
  count: number;
  labels: Int32Array;
}

/** The connected parts of what is yes; corners connect, unless `connectivity` is 4. */
export function connected(bits: Bits, connectivity: 4 | 8 = 8): Parts {
  const { height, width, data } = bits;
  const labels = new Int32Array(data.length);
  const stack = new Int32Array(data.length);
  let count = 0;
  for (let start = 0; start < data.length; start++) {
    if (!data[start] || labels[start]) continue;
    labels[start] = ++count;
    let depth = 0;
    stack[depth++] = start;
    while (depth) {
      const at = stack[--depth];
      const y = (at / width) | 0;
      const x = at - y * width;
      for (let dy = -1; dy <= 1; dy++) {
        if (y + dy < 0 || y + dy >= height) continue;
        for (let dx = -1; dx <= 1; dx++) {
          if ((connectivity === 4 && dx && dy) || x + dx < 0 || x + dx >= width) continue;
          const next = at + dy * width + dx;
          if (data[next] && !labels[next]) {
            labels[next] = count;
            stack[depth++] = next;
          }
        }
      }
    }
  }
  return { count, labels };
}

/** How often each part occurs among the pixels where a test says yes; index 0 is no part. */
export function votes(parts: Parts, test: (index: number) => boolean): Int32Array {
  const result = new Int32Array(parts.count + 1);
  for (let i = 0; i < parts.labels.length; i++) if (test(i)) result[parts.labels[i]]++;
  return result;
}

/** The number of the part with the most votes, the first of several; 0 if no part has any. */
export function winner(counted: ArrayLike<number>): number {
  let best = 0;
  let most = 0;
  for (let part = 1; part < counted.length; part++) {
    if (counted[part] > most) [best, most] = [part, counted[part]];
  }
  return best;
}

export function onlyPart(bits: Bits, parts: Parts, part: number): Bits {
  const result = new Bits(bits.height, bits.width);
  for (let i = 0; i < result.data.length; i++) result.data[i] = parts.labels[i] === part ? 1 : 0;
  return result;
}

const FAR = 1e9;
/** Lengths of a step aside, a diagonal one and a knight's move: OpenCV's for its mask of 5 (Borgefors 1986). */
const ASIDE = 1;
const DIAGONAL = 1.4;
const KNIGHT = 2.1969;
const LENGTHS = [KNIGHT, KNIGHT, KNIGHT, DIAGONAL, ASIDE, DIAGONAL, KNIGHT, ASIDE];

/** How many places are beyond each side of the field that is swept. */
const PAD = 2;

/** Each pixel's way to the nearest that is outside, if it leads over those that were passed before: from one corner (1) or the other (-1). */
function swept(far: Float64Array, names: Int32Array, height: number, width: number, sign: 1 | -1): void {
  const wide = width + 2 * PAD;
  const [one, two] = [sign * wide, 2 * sign * wide];
  const steps = [two + sign, two - sign, one + 2 * sign, one + sign, one, one - sign, one - 2 * sign, sign];
  const [a, b, c, d, e, f, g, h] = steps;
  for (let row = 0; row < height; row++) {
    const y = sign > 0 ? row : height - 1 - row;
    for (let column = 0, at = (y + PAD) * wide + PAD + (sign > 0 ? 0 : width - 1); column < width; column++, at += sign) {
      const own = far[at];
      if (own === 0) continue;
      const diagonal = Math.min(far[at - d], far[at - f]) + DIAGONAL;
      const knight = Math.min(Math.min(far[at - a], far[at - b]), Math.min(far[at - c], far[at - g])) + KNIGHT;
      const aside = Math.min(far[at - e], far[at - h]) + ASIDE;
      const best = Math.min(aside, Math.min(diagonal, knight));
      if (!(best < own)) continue;
      far[at] = best;
      if (names.length) names[at] = names[at - steps[stepTo(best, far, at, steps)]];
    }
  }
}

/** Which of the steps the shortest way to a place takes last. */
function stepTo(best: number, far: Float64Array, at: number, steps: readonly number[]): number {
  let s = 0;
  while (far[at - steps[s]] + LENGTHS[s] !== best) s++;
  return s;
}

/** How far inside each pixel lies, in pixels, right to 2 %; 0 outside, and very far if nothing is outside. */
export function depth(inside: Bits): Raster {
  return nearest(inside).distance;
}

let spare = new Float64Array(0);

/** Numbers that are very far, in memory that the next call uses again. */
function field(length: number): Float64Array {
  if (spare.length < length) spare = new Float64Array(length);
  return spare.subarray(0, length).fill(FAR);
}

/** `depth`, and for each pixel the label of the outside pixel that is nearest, if labels are given. */
export function nearest(inside: Bits, labels?: Int32Array): { distance: Raster; labels: Int32Array } {
  const { height, width } = inside;
  const wide = width + 2 * PAD;
  const far = field(wide * (height + 2 * PAD));
  const names = new Int32Array(labels ? far.length : 0);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (inside.data[y * width + x]) continue;
      const at = (y + PAD) * wide + x + PAD;
      far[at] = 0;
      if (labels) names[at] = labels[y * width + x];
    }
  }
  swept(far, names, height, width, 1);
  swept(far, names, height, width, -1);
  const distance = new Raster(height, width);
  const found = new Int32Array(labels ? height * width : 0);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y + PAD) * wide + x + PAD;
      distance.data[y * width + x] = far[at];
      if (labels) found[y * width + x] = names[at];
    }
  }
  return { distance, labels: found };
}

/** The mask with everything that it encloses. */
export function fillHoles(mask: Raster): Raster {
  const inside = Bits.of(mask, (value) => value >= 0.5);
  const outside = connected(
    inside.map((bit) => !bit),
    4,
  );
  const open = new Uint8Array(outside.count + 1);
  const { height, width } = mask;
  for (let x = 0; x < width; x++) {
    open[outside.labels[x]] = 1;
    open[outside.labels[(height - 1) * width + x]] = 1;
  }
  for (let y = 0; y < height; y++) {
    open[outside.labels[y * width]] = 1;
    open[outside.labels[y * width + width - 1]] = 1;
  }
  return mask.map((value, i) => (inside.data[i] || open[outside.labels[i]] ? value : 1));
}

/** How far a shape reaches to either side in each of its rows; a row may be empty (-1). */
type Shape = readonly number[];

export function disc(reach: number): Shape {
  const rows: number[] = [];
  for (let dy = -reach; dy <= reach; dy++) rows.push(rounded(Math.sqrt(reach * reach - dy * dy)));
  return rows;
}

/** All that is not farther than that from the middle. */
export function exactDisc(radius: number): Shape {
  const reach = Math.floor(radius);
  return Array.from({ length: 2 * reach + 1 }, (_, row) => Math.floor(Math.sqrt(radius * radius - (row - reach) ** 2)));
}

export function square(reach: number): Shape {
  return new Array(2 * reach + 1).fill(reach);
}

/** The largest value within a shape about each pixel; what is beyond the border takes no part. */
export function dilated(mask: Raster, shape: Shape): Raster {
  return extreme(mask, shape, 1);
}

/** The smallest value within a shape about each pixel; what is beyond the border takes no part. */
export function eroded(mask: Raster, shape: Shape): Raster {
  return extreme(mask, shape, -1);
}

function extreme(mask: Raster, shape: Shape, sign: number): Raster {
  const { height, width } = mask;
  const reach = (shape.length - 1) / 2;
  if (shape.every((half) => half === reach)) return turnedOver(alongRows(turnedOver(alongRows(mask, reach, sign)), reach, sign));
  const widths = [...new Set(shape)].filter((half) => half >= 0);
  const rows = new Map(widths.map((half) => [half, alongRows(mask, half, sign).data]));
  const result = new Raster(height, width, 1, new Float32Array(mask.data.length).fill(-sign * Infinity));
  shape.forEach((half, index) => {
    const source = rows.get(half);
    if (!source) return;
    const dy = index - reach;
    for (let y = Math.max(-dy, 0); y < Math.min(height, height - dy); y++) {
      for (let x = 0, to = y * width, from = (y + dy) * width; x < width; x++, to++, from++) {
        if (sign * source[from] > sign * result.data[to]) result.data[to] = source[from];
      }
    }
  });
  return result;
}

/** Rows as columns. */
function turnedOver({ height, width, data }: Raster): Raster {
  const result = new Raster(width, height);
  for (let y = 0, from = 0; y < height; y++) for (let x = 0; x < width; x++, from++) result.data[x * height + y] = data[from];
  return result;
}

/** The extreme of 2 `half` + 1 values of a row about each (van Herk 1992). */
function alongRows(mask: Raster, half: number, sign: number): Raster {
  const { height, width, data } = mask;
  if (half === 0) return mask;
  const result = new Raster(height, width);
  const size = 2 * half + 1;
  const length = width + 2 * half;
  const [values, ahead, behind] = [0, 1, 2].map(() => new Float32Array(length).fill(-Infinity));
  for (let y = 0; y < height; y++) {
    const start = y * width;
    for (let x = 0; x < width; x++) values[half + x] = sign * data[start + x];
    for (let from = 0; from < length; from += size) {
      const end = Math.min(from + size, length);
      let most = -Infinity;
      for (let i = from; i < end; i++) ahead[i] = most = values[i] > most ? values[i] : most;
      most = -Infinity;
      for (let i = end - 1; i >= from; i--) behind[i] = most = values[i] > most ? values[i] : most;
    }
    for (let x = 0; x < width; x++) result.data[start + x] = sign * Math.max(behind[x], ahead[x + size - 1]);
  }
  return result;
}

/** The edge moved outwards by `radius` pixels, or inwards if it is negative. */
export function grow(mask: Raster, radius: number): Raster {
  const reach = rounded(Math.abs(radius));
  if (reach === 0 || mask.area === 0) return mask.copy();
  return radius > 0 ? dilated(mask, disc(reach)) : eroded(mask, disc(reach));
}

/** Those connected parts that touch the seed. */
export function attached(inside: Bits, seed: Bits, connectivity: 4 | 8 = 4): Bits {
  const { labels, count } = connected(inside, connectivity);
  const kept = new Uint8Array(count + 1);
  for (let i = 0; i < labels.length; i++) if (seed.data[i]) kept[labels[i]] = 1;
  kept[0] = 0;
  return inside.map((_, i) => kept[labels[i]] === 1);
}
