/** The outline of a head by what a detector says of it: for hiding, where a parsing may be wrong, or is not there. */

import { HAIR, LABELS, SKIN } from "../labels";
import { cropAffine } from "../pixels/geometry";
import { type Window, clamp } from "../pixels/raster";
import { Bits } from "../pixels/shapes";
import { Box, type Detection, FaceParsing, Plain } from "./values";

export type Part = "head" | "face";

/** Half width and half height of the ellipse round a part, and how far its middle lies above the box's, in sides of the box. */
const ELLIPSES: Record<Part, readonly [number, number, number]> = { head: [0.72, 0.88, 0.06], face: [0.56, 0.66, 0] };
/** The points lie at most so far out, as a share of the way to the ellipse's edge; else the ellipse grows, up to so many times. */
const POINTS_WITHIN = 0.62;
const MOST_GROWTH = 1.5;
/** Side in pixels of the crop that stands for a parsing. */
const CROP = 64;

/** Where a head, seen in one place or in several, may be: a window inside the picture, and the pixels in it. */
export function outline(
  seen: readonly Detection[],
  { height, width }: { height: number; width: number },
  part: Part = "head",
): { window: Window; inside: Bits } {
  const ellipses = seen.map((one) => ellipse(one, part));
  const low = (axis: "x" | "y"): number => Math.min(...ellipses.map((e) => e[axis] - Math.hypot(e.across, e.along)));
  const high = (axis: "x" | "y"): number => Math.max(...ellipses.map((e) => e[axis] + Math.hypot(e.across, e.along)));
  const x0 = clamp(Math.floor(low("x")), 0, width);
  const y0 = clamp(Math.floor(low("y")), 0, height);
  const x1 = Math.max(clamp(Math.ceil(high("x")), 0, width), x0);
  const y1 = Math.max(clamp(Math.ceil(high("y")), 0, height), y0);
  const inside = new Bits(y1 - y0, x1 - x0);
  for (const { x: cx, y: cy, across, along, turn } of ellipses) {
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    for (let row = 0, at = 0; row < inside.height; row++) {
      for (let column = 0; column < inside.width; column++, at++) {
        const dx = column + x0 + 0.5 - cx;
        const dy = row + y0 + 0.5 - cy;
        const u = (dx * cos + dy * sin) / across;
        const v = (dy * cos - dx * sin) / along;
        if (u * u + v * v <= 1) inside.data[at] = 1;
      }
    }
  }
  return { window: [x0, y0, x1, y1], inside };
}

function ellipse({ box, roll, points }: Detection, part: Part): { x: number; y: number; across: number; along: number; turn: number } {
  const turn = (roll * Math.PI) / 180;
  const [halfWidth, halfHeight, lift] = ELLIPSES[part];
  const x = box.center[0] + lift * box.side * Math.sin(turn);
  const y = box.center[1] - lift * box.side * Math.cos(turn);
  // A box wider or higher than it is long on the other side, such as somebody's own, is covered as it is.
  const across = halfWidth * Math.max(box.width, box.side);
  const along = halfHeight * Math.max(box.height, box.side);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const reaches = points.map(([px, py]) =>
    Math.hypot(((px - x) * cos + (py - y) * sin) / across, ((py - y) * cos - (px - x) * sin) / along),
  );
  const growth = points.length ? clamp(Math.max(...reaches) / POINTS_WITHIN, 1, MOST_GROWTH) : 1;
  return { x, y, across: across * growth, along: along * growth, turn };
}

/** A parsing for a head that was seen and not parsed: skin in the outline of the face, and hair round it in that of the head. */
export function outlineParsing({ box, roll }: Detection): FaceParsing {
  const affine = cropAffine(box.center, 2.4 * box.side, roll, CROP);
  const middle: Detection = { box: Box.square([CROP / 2, CROP / 2], CROP / 2.4), roll: 0, score: 1, points: [] };
  const probabilities = new Plain(CROP, LABELS.length, new Float32Array(LABELS.length * CROP * CROP));
  const [head, face] = (["head", "face"] as const).map((part) => {
    const { window, inside } = outline([middle], { height: CROP, width: CROP }, part);
    const mask = new Bits(CROP, CROP);
    for (let i = 0; i < inside.data.length; i++) {
      const row = Math.floor(i / inside.width);
      mask.data[(row + window[1]) * CROP + (i - row * inside.width) + window[0]] = inside.data[i];
    }
    return mask;
  });
  for (let i = 0; i < CROP * CROP; i++) {
    const label = face.data[i] ? SKIN : head.data[i] ? HAIR : 0;
    probabilities.plane(label).data[i] = 1;
  }
  return new FaceParsing(probabilities, affine);
}
