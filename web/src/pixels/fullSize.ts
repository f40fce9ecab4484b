/**
 * Carrying a region from the crop that it was parsed on to the picture's own resolution, and fitting it to the edges there.
 *
 * What a mask is fitted by (`Layer`) varies slowly, and is found on a copy of the picture that is as coarse as the crop; it is
 * applied to the picture's own pixels, and only to those near an edge (He and Sun, "Fast Guided Filter", arXiv:1505.00996).
 */

import { box, gaussian } from "./blur";
import { floats } from "./borrowed";
import { Enlarged, cellOfMean, inCells, tilesOfCells } from "./cells";
import { type Affine, type Windows, apply, boxAround, chained, fromCells, invert, scaleOf, warpToWindow } from "./geometry";
import { ramp, ramped, windowOf } from "./masks";
import { Raster, type Window, clamp, rounded, weighted } from "./raster";
import { resizedNearest } from "./resize";
import { Bits, depth, dilated, eroded, exactDisc, square } from "./shapes";

/** A window of the picture, and a mask of its size. */
export interface Patch {
  window: Window;
  mask: Raster;
}

export const NOWHERE: Patch = { window: [0, 0, 0, 0], mask: new Raster(0, 0) };

/** Probabilities below the first are none of the region, above the second all of it. */
const CERTAIN = [0.12, 0.88] as const;
/** Side of the cells that a mask is fitted by, in pixels of the crop, where its edge is no line. */
const FUZZY_CELL = 1.7;
/** Up to so many pixels distances are exact. */
const SHORT = 4;
/** How much a share may change with the colours in a cell for all of them to count as the same. */
const SWAY = 0.02;

/** A share of the region that depends on a pixel's colour: slope · colour + offset, clipped, in place of what was below by `weight`. */
export interface Layer {
  slope: Raster;
  offset: Raster;
  weight: Raster;
}

/** Change a mask of the layer's own size in place. */
function putOn({ slope, offset, weight }: Layer, mask: Raster, image: Raster): void {
  for (let i = 0, k = 0; i < mask.data.length; i++, k += 3) {
    const share = slope.data[k] * image.data[k] + slope.data[k + 1] * image.data[k + 1] + slope.data[k + 2] * image.data[k + 2];
    mask.data[i] += weight.data[i] * (clamp(share + offset.data[i], 0, 1) - mask.data[i]);
  }
}

/** What of a layer lies in a tile of the picture of which each of its pixels is a cell. */
export function layerOnTile(layer: Layer, tile: Window, cell: number): Layer {
  const on = (values: Raster): Raster => new Enlarged(values, cell).part(tile);
  return { slope: on(layer.slope), offset: on(layer.offset), weight: on(layer.weight) };
}

/** Change what a tile shows of a mask in place; mask and image are the tile's own. */
export function putOnTile(layer: Layer, mask: Raster, image: Raster, tile: Window, cell: number): void {
  const weight = new Enlarged(layer.weight, cell).part(tile);
  if (weight.data.some((value) => value !== 0)) putOn(layerOnTile(layer, tile, cell), mask, image);
}

/** What fits a mask to the picture's edges: He, Sun, Tang, "Guided Image Filtering", PAMI 2013, eq. 14-16. */
export function edges(mask: Raster, guide: Raster, radius: number, smoothness = 1e-3): Layer {
  const reach = Math.max(rounded(radius), 1);
  const mean = (values: Raster): Raster => box(values, reach, "reflect");
  const count = mask.area;
  const products = Raster.unwritten(mask.height, mask.width, 13);
  const all = products.data;
  for (let i = 0, k = 0, p = 0; i < count; i++, k += 3, p += 13) {
    const r = guide.data[k];
    const g = guide.data[k + 1];
    const b = guide.data[k + 2];
    const share = mask.data[i];
    all[p] = r;
    all[p + 1] = g;
    all[p + 2] = b;
    all[p + 3] = share;
    all[p + 4] = r * share;
    all[p + 5] = g * share;
    all[p + 6] = b * share;
    all[p + 7] = r * r;
    all[p + 8] = g * g;
    all[p + 9] = b * b;
    all[p + 10] = r * g;
    all[p + 11] = g * b;
    all[p + 12] = b * r;
  }
  const means = mean(products).data;
  const slope = new Raster(mask.height, mask.width, 3);
  const offset = new Raster(mask.height, mask.width);
  for (let i = 0, k = 0, p = 0; i < count; i++, k += 3, p += 13) {
    const r = means[p];
    const g = means[p + 1];
    const blue = means[p + 2];
    const share = means[p + 3];
    const x = means[p + 4] - r * share;
    const y = means[p + 5] - g * share;
    const z = means[p + 6] - blue * share;
    const a = means[p + 7] - r * r + smoothness;
    const d = means[p + 8] - g * g + smoothness;
    const f = means[p + 9] - blue * blue + smoothness;
    const b = means[p + 10] - r * g;
    const e = means[p + 11] - g * blue;
    const c = means[p + 12] - blue * r;
    // By Cramer's rule; the adjugate of a symmetric matrix.
    const aa = d * f - e * e;
    const bb = c * e - b * f;
    const cc = b * e - c * d;
    const dd = a * f - c * c;
    const ee = b * c - a * e;
    const ff = a * d - b * b;
    const scale = 1 / (a * aa + b * bb + c * cc);
    const first = (aa * x + bb * y + cc * z) * scale;
    const second = (bb * x + dd * y + ee * z) * scale;
    const third = (cc * x + ee * y + ff * z) * scale;
    slope.data[k] = first;
    slope.data[k + 1] = second;
    slope.data[k + 2] = third;
    offset.data[i] = share - (first * r + second * g + third * blue);
  }
  const weight = new Raster(mask.height, mask.width, 1, floats(count, true).fill(1));
  return { slope: mean(slope), offset: mean(offset), weight };
}

/**
 * What corrects a mask near its edge by colour: how far each pixel lies from the colour behind to the colour inside. Where the two
 * are alike, or vary more than they differ, that means nothing and the mask stays.
 *
 * @param sample what the colour inside is taken from, by default all of it.
 */
export function colours(mask: Raster, image: Raster, reach: number, sample?: Raster): Layer {
  const inside = wellWithin(Bits.above(mask, 0.9), reach);
  const outside = wellWithin(Bits.below(mask, 0.1), reach);
  const sampled = sample ? weighted(inside, sample) : inside;
  const radius = 1.5 * reach;
  const cell = cellOfMean(radius, mask);
  const front = localMean(image, sampled, radius, cell);
  const back = localMean(image, outside, radius, cell);
  const { height, width } = front.near;
  const slope = new Raster(height, width, 3);
  const offset = new Raster(height, width);
  const trust = new Raster(height, width);
  for (let i = 0, k = 0; i < trust.data.length; i++, k += 3) {
    const x = front.mean.data[k] - back.mean.data[k];
    const y = front.mean.data[k + 1] - back.mean.data[k + 1];
    const z = front.mean.data[k + 2] - back.mean.data[k + 2];
    const length = x * x + y * y + z * z;
    const spread = 2 * (front.spread.data[i] + back.spread.data[i]);
    trust.data[i] = (length / (length + spread + 0.004)) * Math.min(front.near.data[i], back.near.data[i]);
    const scale = 1 / Math.max(length, 1e-3);
    slope.data[k] = x * scale;
    slope.data[k + 1] = y * scale;
    slope.data[k + 2] = z * scale;
    offset.data[i] = -(back.mean.data[k] * x + back.mean.data[k + 1] * y + back.mean.data[k + 2] * z) * scale;
  }
  const [axis, shift, weight] = [slope, offset, trust].map((values) => new Enlarged(values, cell).allOf(mask));
  for (let i = 0; i < weight.data.length; i++) if (inside.data[i] + outside.data[i] !== 0) weight.data[i] = 0;
  return { slope: axis, offset: shift, weight };
}

/** What lies farther than that from everything outside. */
function wellWithin(inside: Bits, reach: number): Raster {
  if (inside.all) return inside.raster;
  return reach > SHORT ? Bits.above(depth(inside), reach).raster : eroded(inside.raster, exactDisc(reach));
}

/** Weighted mean colour about each pixel, its variance, and how far there is anything to take it from; in cells. */
function localMean(image: Raster, weight: Raster, radius: number, cell: number): { mean: Raster; spread: Raster; near: Raster } {
  const products = new Raster(image.height, image.width, 5);
  for (let i = 0, k = 0, p = 0; i < weight.data.length; i++, k += 3, p += 5) {
    const share = weight.data[i];
    if (share === 0) continue;
    const r = image.data[k];
    const g = image.data[k + 1];
    const b = image.data[k + 2];
    products.data[p] = share;
    products.data[p + 1] = share * r;
    products.data[p + 2] = share * g;
    products.data[p + 3] = share * b;
    products.data[p + 4] = share * (r * r + g * g + b * b);
  }
  const sums = gaussian(inCells(products, cell), radius / cell);
  const mean = new Raster(sums.height, sums.width, 3);
  const spread = new Raster(sums.height, sums.width);
  const near = new Raster(sums.height, sums.width);
  for (let i = 0, k = 0, p = 0; i < near.data.length; i++, k += 3, p += 5) {
    const safe = Math.max(sums.data[p], 1e-4);
    let squares = 0;
    for (let c = 0; c < 3; c++) {
      const value = sums.data[p + 1 + c] / safe;
      mean.data[k + c] = value;
      squares += value * value;
    }
    spread.data[i] = Math.max(sums.data[p + 4] / safe - squares, 0);
    near.data[i] = clamp(sums.data[p] / 0.02, 0, 1);
  }
  return { mean, spread, near };
}

/** How many pixels of a picture become one: at least one, at most all. */
export function cellFor(factor: number, { height, width }: { height: number; width: number }): number {
  return Math.max(Math.min(Math.floor(factor), height, width), 1);
}

export interface Fitting {
  /** Whether the mask is fitted to the picture's edges. */
  refine?: boolean;
  /** Whether, where those are vague, a pixel belongs to the region by its colour: right for strands of hair. */
  byColour?: boolean;
  /** Edges are fitted on cells of at least so many of the crop's pixels. */
  coarse?: number;
  /** Width, in pixels of the picture, of an edge that is no line: hair thins out, and the network puts a line somewhere in it. */
  fuzz?: number;
  /** Probability on the crop of parts whose edge towards the region is sharp all the same. */
  neighbours?: Raster;
}

/** A region's probability carried from a crop, to which `affine` takes the picture, to the picture's own pixels, where it is not zero. */
export function toPicture(values: Raster, affine: Affine, picture: Windows, fitting: Fitting = {}): Patch {
  const { refine = true, byColour = true, coarse = 1, neighbours } = fitting;
  const support = windowOf(values, CERTAIN[0]);
  if (!support) return NOWHERE;
  const pixel = 1 / scaleOf(affine); // one crop pixel, in pixels of the picture
  const reach = 3 * Math.max(pixel, 1);
  const fuzz = (fitting.fuzz ?? 0) > reach ? (fitting.fuzz ?? 0) : 0;
  const back = invert(affine);
  const corners = [support[0], support[2]].flatMap((x) => [support[1], support[3]].map((y) => apply(back, x, y)));
  const [x0, y0, x1, y1] = boxAround(corners, reach + fuzz, picture.height, picture.width);
  if (x1 <= x0 || y1 <= y0) return NOWHERE;
  let mask: Raster;
  if (refine) {
    const image = picture.part([x0, y0, x1, y1]);
    const cell = cellFor(Math.max(coarse, fuzz ? FUZZY_CELL : 1) * pixel, image);
    const toCrop = chained(fromCells(cell, cell, x0, y0), affine);
    const area: Window = [0, 0, Math.ceil(image.width / cell), Math.ceil(image.height / cell)];
    const thin = fuzz && neighbours ? farFrom(neighbours, fuzz / pixel, toCrop, area) : null;
    mask = fitted(values, toCrop, image, cell, reach, fuzz, thin, byColour);
  } else {
    mask = ramp(warpToWindow(values, affine, [x0, y0, x1, y1]), ...CERTAIN);
  }
  const inner = windowOf(mask);
  if (!inner) return NOWHERE;
  return { window: [x0 + inner[0], y0 + inner[1], x0 + inner[2], y0 + inner[3]], mask: mask.part(inner) };
}

/** In an area of cells, that `toCrop` takes to the crop, how far, from 0 to 1, each is from all that are neighbours there. */
function farFrom(neighbours: Raster, distance: number, toCrop: Affine, area: Window): Raster {
  const half = rounded(distance / 2);
  const size = 2 * half + 1;
  const step = Math.max(Math.floor(size / 6), 1); // this varies slowly
  const far = gaussian(inCells(dilated(neighbours, square(half)), step), size / 4 / step);
  for (let i = 0; i < far.data.length; i++) far.data[i] = 1 - far.data[i];
  return warpToWindow(far, chained(toCrop, fromCells(1 / step, 1 / step, 0, 0)), area);
}

/** `toCrop` takes the image's cells to the crop, `thin` says at which of them an edge may be no line. */
function fitted(
  values: Raster,
  toCrop: Affine,
  image: Raster,
  cell: number,
  reach: number,
  fuzz: number,
  thin: Raster | null,
  byColour: boolean,
): Raster {
  const low = inCells(image, cell);
  const area: Window = [0, 0, low.width, low.height];
  const carried = warpToWindow(values, toCrop, area);
  // Fitted to edges, but only as far from the network's edge as the network can have been wrong.
  const near = wellWithin(Bits.above(carried, CERTAIN[0]).not, reach / cell);
  for (let i = 0; i < near.data.length; i++) near.data[i] = 1 - near.data[i];
  const mask = new Raster(low.height, low.width);
  const layers: Layer[] = [{ ...edges(carried, low, reach / cell), weight: near }];
  putOn(layers[0], mask, low);
  if (fuzz) {
    const layer = colours(mask, low, fuzz / cell);
    layers.push(thin ? { ...layer, weight: weighted(layer.weight, thin) } : layer);
    putOn(layers[1], mask, low);
  }
  if (byColour) {
    const layer = colours(mask, low, reach / cell);
    layers.push(layer);
    putOn(layer, mask, low);
  }
  if (cell === 1) return ramp(mask, ...CERTAIN);
  // A cell that is certain, whatever the colours in it, stands for all of its pixels.
  const unsure = new Bits(low.height, low.width);
  for (let i = 0, k = 0; i < unsure.data.length; i++, k += 3) {
    let swayed = 0;
    for (const { slope, weight } of layers) {
      const sum = Math.abs(slope.data[k]) + Math.abs(slope.data[k + 1]) + Math.abs(slope.data[k + 2]);
      swayed = Math.max(swayed, sum * weight.data[i]);
    }
    const isSure = Math.abs(mask.data[i] - 0.5) > 0.5 - CERTAIN[0] + SWAY && swayed < SWAY;
    unsure.data[i] = isSure ? 0 : 1;
  }
  const inside = Bits.above(mask, 0.5).raster;
  const full = resizedNearest(inside, low.width * cell, low.height * cell).part([0, 0, image.width, image.height]);
  for (const tile of tilesOfCells(unsure, cell, full)) {
    const part = full.part(tile);
    const pixels = image.part(tile);
    for (const layer of layers) putOnTile(layer, part, pixels, tile, cell);
    for (let i = 0; i < part.data.length; i++) part.data[i] = ramped(part.data[i], ...CERTAIN);
    full.put(part, tile[0], tile[1]);
  }
  return full;
}
