/**
 * Whole people, by what a network says of the picture at once and what was parsed of each head.
 *
 * The network sees all of the picture, small; the parser sees each head, large. Along the outline of a head, above the chin, both are
 * asked, and err in different ways, so that both together are nearer to masks drawn by hand than either. Well inside a head the parser has
 * the word, and everywhere else the network: bodies, arms, hands, people whose faces are not seen.
 */

import type { Canvas } from "../picture";
import { gaussian } from "../pixels/blur";
import { type Patch, toPicture } from "../pixels/fullSize";
import { type Affine, apply, chained, cropWindow, invert, scaleOf, warpToWindow } from "../pixels/geometry";
import { ramp, ramped } from "../pixels/masks";
import { Raster, clamp } from "../pixels/raster";
import { Bits, connected, dilated, fillHoles, grow, square } from "../pixels/shapes";
import type { Face } from "./face";

/** How far the network's outline may be wrong, in its own pixels. */
const REACH = 3;
/** What the network says of a place and of all that is as near to it as that: up to the first the parser is asked too, from the second on only the network. */
const DEEP = [0.5, 0.9] as const;
/** Where the network sees nobody near, at most the first of this, plants and walls are hair to the parser, which is not asked. */
const SEEN = [0.05, 0.25] as const;
/** How far above the chin the network begins to be right about the outline, in face units. */
const LIFT = 0.2;
/** How far inside a head the parser is right, in face units. */
const INSIDE = 0.08;
/** What the parser's word weighs along the outline of a head, of 1: it sees the hair larger. */
const PARSERS = 0.65;
/** Both together are none of the person below the first, and all of it above the second. */
const CERTAIN = [0.25, 0.75] as const;
/** From so many pixels of the picture to one of the network's, its edges are fitted to the picture's. */
const COARSE = 1.5;
/** An island is smaller than so much of the largest part, and the network is sure of one from that mean on. */
const ISLAND = 0.3;
const SURE = 0.9;
/** A face that the network has not seen is none if it is smaller than so much of what it is sure of; a whole figure's is larger. */
const TINY = 0.04;
/** How far down a body goes on from the middle of a face, in face units; whose a place is, is told by how near it is to that line. */
const LENGTH = 4;

/**
 * Those faces whose heads the network has seen, too; null if it is blind for such a picture, as for a painting.
 *
 * A tiny face that it has not seen, while it is sure of much else, is none: something in hair, cloth or shelves looked like one.
 */
export function facesSeen(people: Raster, faces: readonly Face[], picture: Canvas): Face[] | null {
  const toSmall = toSmallOf(people, picture);
  const sure = people.data.filter((value) => value >= SURE).length;
  const found: Face[] = [];
  for (const face of faces) {
    const head = onSmall(people, toSmall, face, face.parsing.region("face"));
    const seen = people.data.filter((_, i) => head.data[i] > 0.5);
    if (!seen.length || mean(seen) >= 0.5) found.push(face);
    else if (seen.length > TINY * sure) return null;
  }
  return found;
}

/** The mask of the people in a picture, or, where `others` are left out, of those whose faces are given. */
export function wholePeople(people: Raster, faces: readonly Face[], others: readonly Face[], picture: Canvas): Raster {
  const toSmall = toSmallOf(people, picture);
  let shown = withoutDoubtfulIslands(people);
  if (others.length) {
    const own = nearestIsOneOf(faces, others, people, toSmall);
    shown = shown.map((value, i) => (own.data[i] ? value : 0));
  }
  const person = new Raster(picture.height, picture.width);
  const { window, mask } = toWholePicture(shown, toSmall, picture);
  person.put(mask, window[0], window[1]);
  const shares = parsersShares(faces, shown, toSmall);
  faces.forEach((face, index) => {
    const head = headOf(face, shown, toSmall, picture);
    const weight = warpToWindow(edged(shares[index]), padded(toSmall), head.window);
    const [x0, y0, x1, y1] = head.window;
    for (let y = y0, from = 0; y < y1; y++) {
      for (let x = x0, to = y * person.width + x0; x < x1; x++, to++, from++) {
        person.data[to] += weight.data[from] * (head.mask.data[from] - person.data[to]);
      }
    }
  });
  return ramp(person, ...CERTAIN);
}

/** The map without small parts apart from the rest of which the network is not sure: furniture and flowers, not hands. */
function withoutDoubtfulIslands(people: Raster): Raster {
  const { labels, count } = connected(Bits.of(people, (value) => value >= 0.5));
  const areas = new Float64Array(count + 1);
  const sums = new Float64Array(count + 1);
  labels.forEach((label, i) => {
    areas[label]++;
    sums[label] += people.data[i];
  });
  const largest = Math.max(...areas.subarray(1));
  const isDoubtful = [...areas.keys()].map((part) => part > 0 && areas[part] < ISLAND * largest && sums[part] / areas[part] < SURE);
  if (!isDoubtful.includes(true)) return withoutHaze(people);
  const island = people.map((_, i) => (isDoubtful[labels[i]] ? 1 : 0));
  const shore = dilated(island, square(2));
  return withoutHaze(people.map((value, i) => (island.data[i] || (shore.data[i] && value < 0.5) ? 0 : value)));
}

/** The map without parts that are nowhere likelier a person than not: before another background they are smudges. */
function withoutHaze(people: Raster): Raster {
  const { labels, count } = connected(Bits.above(people, CERTAIN[0]));
  const isKept = new Uint8Array(count + 1);
  labels.forEach((label, i) => {
    if (people.data[i] >= 0.5) isKept[label] = 1;
  });
  return people.map((value, i) => (isKept[labels[i]] ? value : 0));
}

/** Where below a face's chin the network sees the inside of a body, on its own map. */
export function bodiesBelow(face: Face, people: Raster, picture: Canvas): Raster {
  const back = invert(toSmallOf(people, picture));
  return grow(people, -REACH).map((value, i) => value * ramped(belowChin(face, placeOf(people, back, i)), -LIFT, 0));
}

/** `toPicture` for a map that shows all of the picture, so that its border is not the end of what it shows. */
function toWholePicture(values: Raster, affine: Affine, picture: Canvas): Patch {
  return toPicture(edged(values), padded(affine), picture, { refine: scaleOf(affine) < 1 / COARSE, byColour: false });
}

/** What parser and network say of all that the face's crop shows, in the picture's pixels. */
function headOf({ parsing, box, maskStyle }: Face, people: Raster, toSmall: Affine, picture: Canvas): Patch {
  const { size, affine } = parsing;
  const toNetwork = chained(invert(affine), padded(toSmall));
  const seen = warpToWindow(edged(people), toNetwork, [0, 0, size, size]);
  const own = parsing.region("person");
  const pixel = box.side * scaleOf(affine); // a face unit, in pixels of the crop
  const sure = grow(parsing.region("head"), -INSIDE * pixel);
  const both = own.map((value, i) => Math.max(PARSERS * value + (1 - PARSERS) * seen.data[i], sure.data[i] * value));
  const window = cropWindow(affine, size, picture.height, picture.width);
  const found = toPicture(both, affine, picture, { byColour: false, coarse: maskStyle.coarse });
  const mask = new Raster(window[3] - window[1], window[2] - window[0]);
  mask.put(found.mask, found.window[0] - window[0], found.window[1] - window[1]);
  return { window, mask };
}

/** For each face where its parser is asked, for it sees the outline of the head there. */
function parsersShares(faces: readonly Face[], people: Raster, toSmall: Affine): Raster[] {
  const deep = grow(people, -REACH).map((value) => 1 - ramped(value, ...DEEP));
  const there = ramp(grow(fillHoles(people), 2 * REACH), ...SEEN);
  const back = invert(toSmall);
  return faces.map((face) => {
    const head = onSmall(people, toSmall, face, face.parsing.region("head"));
    const sure = grow(head, -REACH);
    const doubled = head.map((value) => clamp(2 * value, 0, 1));
    const near = gaussian(grow(doubled, 1.5 * REACH), 0.5 * REACH);
    return near.map((value, i) => {
      const above = 1 - ramped(belowChin(face, placeOf(people, back, i)), -LIFT - 0.1, -LIFT + 0.1);
      return there.data[i] * Math.max(value * above * deep.data[i], clamp(2 * sure.data[i] - 1, 0, 1));
    });
  });
}

/** How far below a face's chin a place is, as the head is tilted, in face units. */
function belowChin({ landmarks, box, roll }: Face, [x, y]: readonly [number, number]): number {
  const [chinX, chinY] = landmarks.chin ?? [box.center[0], box.y1];
  const tilt = (roll * Math.PI) / 180;
  return ((y - chinY) * Math.cos(tilt) - (x - chinX) * Math.sin(tilt)) / box.side;
}

/** Where the nearest body is that of one of the faces, not another one's. */
function nearestIsOneOf(faces: readonly Face[], others: readonly Face[], people: Raster, toSmall: Affine): Bits {
  const back = invert(toSmall);
  return new Bits(people.height, people.width).map((_, i) => {
    const place = placeOf(people, back, i);
    const nearest = (group: readonly Face[]): number => Math.min(...group.map((face) => away(face, place)));
    return nearest(faces) <= nearest(others);
  });
}

/** How far a place is from the axis of a face's body, in face units. */
function away({ box, roll }: Face, [x, y]: readonly [number, number]): number {
  const tilt = Math.abs(roll) > 45 ? (roll * Math.PI) / 180 : 0;
  const [axisX, axisY] = [-Math.sin(tilt), Math.cos(tilt)];
  const [dx, dy] = [(x - box.center[0]) / box.side, (y - box.center[1]) / box.side];
  const along = clamp(dx * axisX + dy * axisY, 0, LENGTH);
  return Math.hypot(dx - along * axisX, dy - along * axisY);
}

/** A map on the face's crop as the network sees the picture. */
function onSmall({ height, width }: Raster, toSmall: Affine, face: Face, values: Raster): Raster {
  return warpToWindow(values, chained(invert(toSmall), face.parsing.affine), [0, 0, width, height]);
}

/** The map from the picture to what the network has said of it. */
export function toSmallOf(people: Raster, picture: Canvas): Affine {
  return [people.width / picture.width, 0, 0, 0, people.height / picture.height, 0];
}

/** Where in the picture the middle of a pixel of the copy lies. */
function placeOf({ width }: Raster, back: Affine, index: number): [number, number] {
  const row = Math.floor(index / width);
  return apply(back, index - row * width + 0.5, row + 0.5);
}

/** The map to a copy that has one more pixel on each side. */
function padded([a, b, tx, c, d, ty]: Affine): Affine {
  return [a, b, tx + 1, c, d, ty + 1];
}

/** A copy with one more pixel on each side, as the one at the edge. */
function edged(values: Raster): Raster {
  const result = new Raster(values.height + 2, values.width + 2);
  return result.map((_, i) => {
    const row = Math.floor(i / result.width);
    const y = clamp(row - 1, 0, values.height - 1);
    return values.data[y * values.width + clamp(i - row * result.width - 1, 0, values.width - 1)];
  });
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
