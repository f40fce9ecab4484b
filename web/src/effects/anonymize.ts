/** Making people unrecognizable. */

import type { FaceView } from "../face/face";
import { ofHex } from "../pixels/color";
import { Raster, type Window, clamp, rounded } from "../pixels/raster";
import { resized } from "../pixels/resize";
import { Bits, attached, depth } from "../pixels/shapes";
import { windowOf } from "../pixels/masks";
import type { Paint } from "./paint";

export interface HidingParameters {
  method: "pixelate" | "blur" | "block" | "picture";
  part: "face" | "head" | "eyes" | "mouth";
  outline: "head" | "ellipse" | "box";
  margin: number;
  cells: number;
  color: string;
  picture: string;
}

/** Least half height of the bar over eyes or mouth, in face units. */
const BAR = 0.16;
/** Eyes or a mouth are known to be where they are claimed only if the segmenter is so sure of them; else the whole face is hidden. */
const SURE = 0.6;
/** Cells are no smaller than this, in pixels: cells of a pixel would show a tiny face as it is. */
const LEAST_CELL = 4;

/**
 * Hide who it is, for good: what is left cannot be turned back into the face. Every pixel of the part is replaced in full, by one mean
 * colour a cell, or by nothing.
 */
export const anonymize: Paint<HidingParameters> = ({ image, face }, { method, part, outline, margin, cells, color }) => {
  const inside = shaped(partOf(part, face, margin), face, outline);
  const window = windowOf(inside.raster);
  if (!window) return image;
  const hidden = image.copy();
  const paint = (at: number, [r, g, b]: ArrayLike<number> & Iterable<number>): void => hidden.data.set([r, g, b], 3 * at);
  if (method === "block" || method === "picture") {
    const flat = ofHex(color);
    inside.data.forEach((bit, i) => bit && paint(i, flat));
    return hidden;
  }
  const means = inCellMeans(image, inside, window, Math.max(face.unit / cells, LEAST_CELL), method !== "pixelate");
  for (let y = window[1], from = 0; y < window[3]; y++) {
    for (let x = window[0], at = y * image.width + x; x < window[2]; x++, at++, from += 3) {
      if (inside.data[at]) paint(at, means.data.subarray(from, from + 3));
    }
  }
  return hidden;
};

/** What is hidden. What the parser says only ever adds to what the detector does. */
function partOf(part: HidingParameters["part"], face: FaceView, margin: number): Bits {
  const bar = part === "eyes" || part === "mouth" ? barOver(part, face, margin) : null;
  if (bar) return bar;
  // Of one that was not parsed nobody knows where in it the face is.
  const sure = face.outline(part === "head" || !face.isParsed ? "head" : "face");
  const parsed = face.isParsed ? face.mask(part === "head" ? "head" : "face+ears") : null;
  const both = sure.map((bit, i) => bit || (parsed ? parsed.data[i] > 0 : false));
  return grown(attached(both, sure, 8), margin * face.unit); // what a parser takes for hair far from any head hides nobody
}

function grown(inside: Bits, reach: number): Bits {
  if (inside.all || !inside.any) return inside;
  const away = depth(inside.map((bit) => !bit));
  return Bits.of(away, (value) => value <= reach);
}

/** A bar along the line of the eyes, with the brows, or the mouth, across the face; null if they cannot be seen. */
function barOver(part: "eyes" | "mouth", face: FaceView, margin: number): Bits | null {
  const own = face.mask(part);
  if (!face.isParsed || own.max < SURE) return null;
  const seen = part === "eyes" ? face.mask("eyes+eyebrows") : own;
  const [whole, outline] = [face.mask("face"), face.outline("face")];
  let [low, high, left, right] = [Infinity, -Infinity, Infinity, -Infinity];
  along(face, (i, down, across) => {
    if (seen.data[i] > 0) [low, high] = [Math.min(low, down), Math.max(high, down)];
    if (whole.data[i] > 0 || outline.data[i]) [left, right] = [Math.min(left, across), Math.max(right, across)];
  });
  const middle = (low + high) / 2;
  const half = Math.max((high - low) / 2 + margin * face.unit, BAR * face.unit);
  const reach = 2 * margin * face.unit;
  const bar = new Bits(face.height, face.width);
  along(face, (i, down, across) => {
    bar.data[i] = Math.abs(down - middle) <= half && across >= left - reach && across <= right + reach ? 1 : 0;
  });
  return bar;
}

/** Tell of each pixel how far down the upright head, and how far across it, it lies. */
function along(face: FaceView, tell: (index: number, down: number, across: number) => void): void {
  const turn = (face.roll * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  for (let y = 0, i = 0; y < face.height; y++) {
    for (let x = 0; x < face.width; x++, i++) tell(i, (y + 0.5) * cos - (x + 0.5) * sin, (x + 0.5) * cos + (y + 0.5) * sin);
  }
}

/** All of what is to be hidden, in a simpler shape that is turned as the head is. */
function shaped(inside: Bits, face: FaceView, outline: HidingParameters["outline"]): Bits {
  if (outline === "head" || !inside.any) return inside;
  let [low, high, left, right] = [Infinity, -Infinity, Infinity, -Infinity];
  along(face, (i, down, across) => {
    if (!inside.data[i]) return;
    [low, high] = [Math.min(low, down - 0.5), Math.max(high, down + 0.5)];
    [left, right] = [Math.min(left, across - 0.5), Math.max(right, across + 0.5)];
  });
  const place = (down: number, across: number): [number, number] => [
    (across - (left + right) / 2) / ((right - left) / 2),
    (down - (low + high) / 2) / ((high - low) / 2),
  ];
  let furthest = 0;
  along(face, (i, down, across) => {
    const [u, v] = place(down, across);
    if (inside.data[i]) furthest = Math.max(furthest, u * u + v * v);
  });
  const result = new Bits(face.height, face.width);
  along(face, (i, down, across) => {
    const [u, v] = place(down, across);
    result.data[i] = (outline === "box" ? Math.abs(u) <= 1 && Math.abs(v) <= 1 : u * u + v * v <= furthest) ? 1 : 0;
  });
  return result;
}

/** The mean colour of those pixels of each cell that are inside, over the whole cell, or interpolated between the cells. */
function inCellMeans(image: Raster, inside: Bits, [x0, y0, x1, y1]: Window, side: number, isSmooth: boolean): Raster {
  const [width, height] = [x1 - x0, y1 - y0];
  const [across, down] = [Math.max(rounded(width / side), 1), Math.max(rounded(height / side), 1)];
  const cellAt = (x: number, y: number): number =>
    Math.min(Math.floor((y * down) / height), down - 1) * across + Math.min(Math.floor((x * across) / width), across - 1);
  const counts = new Float64Array(across * down);
  const sums = new Float64Array(3 * across * down);
  const total = [0, 0, 0];
  let pixels = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y + y0) * image.width + x + x0;
      if (!inside.data[at]) continue;
      const cell = cellAt(x, y);
      counts[cell]++;
      pixels++;
      for (let c = 0; c < 3; c++) {
        sums[3 * cell + c] += image.data[3 * at + c];
        total[c] += image.data[3 * at + c];
      }
    }
  }
  const grid = new Raster(down, across, 3).map((_, k) => {
    const count = counts[Math.floor(k / 3)];
    return clamp(count ? sums[k] / count : total[k % 3] / pixels, 0, 1);
  });
  if (isSmooth) return resized(grid, width, height);
  const flat = new Raster(height, width, 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const cell = 3 * cellAt(x, y);
      flat.data.set(grid.data.subarray(cell, cell + 3), to);
    }
  }
  return flat;
}
