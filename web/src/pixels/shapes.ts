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
    return new Raster(this.height, this.width, 1, Float32Array.from(this.data));
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
  return bits.map((_, i) => parts.labels[i] === part);
}

const FAR = 1e9;
/** Lengths of a step aside, a diagonal one and a knight's move: OpenCV's for its mask of 5 (Borgefors 1986). */
const ASIDE = 1;
const DIAGONAL = 1.4;
const KNIGHT = 2.1969;
const STEPS: readonly (readonly [number, number, number])[] = [
  [-2, -1, KNIGHT],
  [-2, 1, KNIGHT],
  [-1, -2, KNIGHT],
  [-1, -1, DIAGONAL],
  [-1, 0, ASIDE],
  [-1, 1, DIAGONAL],
  [-1, 2, KNIGHT],
  [0, -1, ASIDE],
];

/** How far inside each pixel lies, in pixels, right to 2 %; 0 outside, and very far if nothing is outside. */
export function depth(inside: Bits): Raster {
  return nearest(inside).distance;
}

/** `depth`, and for each pixel the label of the outside pixel that is nearest, if labels are given. */
export function nearest(inside: Bits, labels?: Int32Array): { distance: Raster; labels: Int32Array } {
  const { height, width } = inside;
  const pad = 2;
  const wide = width + 2 * pad;
  const far = new Float64Array(wide * (height + 2 * pad)).fill(FAR);
  const names = new Int32Array(labels ? far.length : 0);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (inside.data[y * width + x]) continue;
      const at = (y + pad) * wide + x + pad;
      far[at] = 0;
      if (labels) names[at] = labels[y * width + x];
    }
  }
  const offsets = STEPS.map(([dy, dx]) => dy * wide + dx);
  const pass = (at: number, sign: number): void => {
    let best = far[at];
    if (best === 0) return;
    for (let s = 0; s < offsets.length; s++) {
      const from = at + sign * offsets[s];
      const length = far[from] + STEPS[s][2];
      if (length < best) {
        best = length;
        if (labels) names[at] = names[from];
      }
    }
    far[at] = best;
  };
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) pass((y + pad) * wide + x + pad, 1);
  for (let y = height - 1; y >= 0; y--) for (let x = width - 1; x >= 0; x--) pass((y + pad) * wide + x + pad, -1);
  const distance = new Raster(height, width);
  const found = new Int32Array(labels ? height * width : 0);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y + pad) * wide + x + pad;
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
  const widths = [...new Set(shape)].filter((half) => half >= 0);
  const rows = new Map(widths.map((half) => [half, alongRows(mask, half, sign)]));
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

/** The extreme of 2 `half` + 1 values of a row about each (van Herk 1992). */
function alongRows(mask: Raster, half: number, sign: number): Float32Array {
  const { height, width, data } = mask;
  if (half === 0) return data;
  const result = new Float32Array(data.length);
  const size = 2 * half + 1;
  const length = width + 2 * half;
  const ahead = new Float32Array(length);
  const behind = new Float32Array(length);
  for (let y = 0; y < height; y++) {
    const start = y * width;
    const at = (i: number): number => (i < half || i >= half + width ? -sign * Infinity : data[start + i - half]);
    for (let i = 0; i < length; i++) {
      const value = at(i);
      ahead[i] = i % size === 0 || sign * value > sign * ahead[i - 1] ? value : ahead[i - 1];
    }
    for (let i = length - 1; i >= 0; i--) {
      const value = at(i);
      behind[i] = (i + 1) % size === 0 || i === length - 1 || sign * value > sign * behind[i + 1] ? value : behind[i + 1];
    }
    for (let x = 0; x < width; x++) {
      const a = behind[x];
      const b = ahead[x + size - 1];
      result[start + x] = sign * a > sign * b ? a : b;
    }
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
