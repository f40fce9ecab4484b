/**
 * Where a body goes on below a parsed head, told by colours alone: for where there is no network that knows people, or it is blind.
 *
 * What a segmenter says counts as certain only above the chin. Below it the picture is cut where its colours change most between
 * what is known to be person and what is known to be background (`grabCut`), on a small copy.
 */

import type { Canvas } from "../picture";
import { gaussian } from "../pixels/blur";
import { type Affine, apply, invert, reduced } from "../pixels/geometry";
import { ramped } from "../pixels/masks";
import { Raster, clamp, rounded } from "../pixels/raster";
import { resizedNearest, shrunkTo } from "../pixels/resize";
import { Bits, attached, fillHoles, grow } from "../pixels/shapes";
import type { Face } from "./face";
import { BACK, type Colors, FRONT, MAYBE_BACK, MAYBE_FRONT, Mixture, type Models, grabCut } from "./grabCut";

/** Longer side, in pixels, of the copy that is cut. */
const SIDE = 320;
/** How far above the chin a shoulder may begin, in face units; above that the segmenter knows best. */
const LIFT = 0.25;
/** How far from the parsed person the cut may run above the chin, in face units. */
const OPEN = 0.06;
/** Where a body is expected below the chin, in face units: half its width at the neck and at the shoulders, how far down those are, how far down it is expected at all, and how far to either side there may be any of it. */
const NECK = 0.3;
const SHOULDERS = 1;
const SLOPE = 0.9;
const LENGTH = 3.5;
const ARMS = 2.2;
const ROUNDS = 4;
/** With fewer pixels of either kind there is nothing to tell apart. */
const LEAST = 16;

/** What was found beyond the parsing on a small copy, and the map of the picture to it. */
export function bodyByColour(faces: readonly Face[], picture: Canvas, parsed: Raster): { values: Raster; toSmall: Affine } | null {
  const { height, width } = parsed;
  const scale = Math.min(SIDE / Math.max(height, width), 1);
  const [across, down] = [Math.max(rounded(width * scale), 1), Math.max(rounded(height * scale), 1)];
  const small = reduced(picture, [0, 0, width, height], across, down);
  const person = shrunkTo(parsed, across, down);
  const toSmall: Affine = [across / width, 0, 0, 0, down / height, 0];
  const { trimap, below } = known(faces, person, toSmall);
  const fronts = trimap.reduce((sum, code) => sum + (code % 2), 0);
  if (Math.min(fronts, trimap.length - fronts) < LEAST) return null;
  const colors = bytesOf(small);
  const learnt = learn(colors, trimap);
  grabCut(colors, trimap, learnt, 0);
  const found = attached(new Bits(down, across, trimap.map((code) => code % 2)), Bits.of(person, (value) => value > 0.5));
  const soft = gaussian(found.raster, 0.7);
  // Heads end where the parsing says, in soft edges that a cut knows nothing of; only well inside them it may settle doubts.
  const inside = grow(fillHoles(person), -2 * OPEN * faces[0].box.side * toSmall[0] - 1);
  return { values: soft.map((value, i) => value * Math.max(below.data[i], inside.data[i])), toSmall };
}

function bytesOf(image: Raster): Colors {
  return { height: image.height, width: image.width, data: Uint8Array.from(image.data, (value) => rounded(value * 255)) };
}

/** Two mixtures of colours, fitted to a picture cut by them, on a copy of half its size. */
function learn(colors: Colors, trimap: Uint8Array): Models {
  const colorsWhere = (test: (code: number) => boolean): number[][] => {
    const found: number[][] = [];
    trimap.forEach((code, i) => {
      if (test(code)) found.push([colors.data[3 * i], colors.data[3 * i + 1], colors.data[3 * i + 2]]);
    });
    return found;
  };
  const surely = colorsWhere((code) => code === BACK);
  const back = Mixture.of(surely.length >= LEAST ? surely : colorsWhere((code) => code === MAYBE_BACK));
  const front = Mixture.of(colorsWhere((code) => code % 2 === 1));
  const half = [Math.max(Math.floor(colors.width / 2), 1), Math.max(Math.floor(colors.height / 2), 1)] as const;
  const asRaster = (values: ArrayLike<number>, channels: number): Raster =>
    new Raster(colors.height, colors.width, channels, Float32Array.from(values));
  const few = shrunkTo(asRaster(colors.data, 3), ...half);
  const fewColors: Colors = { height: half[1], width: half[0], data: Uint8Array.from(few.data, rounded) };
  const fewKnown = Uint8Array.from(resizedNearest(asRaster(trimap, 1), ...half).data);
  // A first cut by what they start from: clothes beside where a body was expected must not count as background's colours.
  const first = grabCut(fewColors, fewKnown, { back, front }, 0);
  return grabCut(fewColors, fewKnown, first, ROUNDS);
}

/** What is known before the cut, and where bodies may be. */
function known(faces: readonly Face[], person: Raster, toSmall: Affine): { trimap: Uint8Array; below: Raster } {
  const { height, width } = person;
  const back = invert(toSmall);
  const [expected, reachable] = [new Bits(height, width), new Bits(height, width)];
  const below = new Raster(height, width);
  const opened = new Bits(height, width);
  for (const face of faces) {
    const tilt = Math.abs(face.roll) > 45 ? (face.roll * Math.PI) / 180 : 0;
    const [cos, sin] = [Math.cos(tilt), Math.sin(tilt)];
    const chin = face.landmarks.chin ?? [face.box.center[0], face.box.y1];
    const near = grow(person, OPEN * face.box.side * toSmall[0] + 1);
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        const [px, py] = apply(back, x + 0.5, y + 0.5);
        const [dx, dy] = [(px - chin[0]) / face.box.side, (py - chin[1]) / face.box.side];
        const across = Math.abs(dx * cos + dy * sin);
        const down = dy * cos - dx * sin;
        const half = clamp(NECK + ((SHOULDERS - NECK) * down) / SLOPE, NECK, SHOULDERS);
        if (down > 0 && down < LENGTH && across < half) expected.data[i] = 1;
        if (across < ARMS) {
          if (down > -LIFT) reachable.data[i] = 1;
          below.data[i] = Math.max(below.data[i], ramped(down, -LIFT, -LIFT + 0.1));
        }
        if (near.data[i] > 0.1) opened.data[i] = 1;
      }
    }
  }
  const filled = fillHoles(person);
  const inner = grow(person, -1);
  const trimap = new Uint8Array(height * width).fill(BACK);
  for (let i = 0; i < trimap.length; i++) {
    if (reachable.data[i] || opened.data[i]) trimap[i] = MAYBE_BACK;
    if ((expected.data[i] && reachable.data[i]) || (filled.data[i] > 0.5 && person.data[i] < 0.5)) trimap[i] = MAYBE_FRONT;
    if (person.data[i] > 0.5) trimap[i] = MAYBE_FRONT;
    if (inner.data[i] > 0.9) trimap[i] = FRONT;
  }
  return { trimap, below };
}
