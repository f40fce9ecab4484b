/**
 * The whole person, beyond the crops that faces are parsed on: shoulders, arms and body, and whoever else is in the picture.
 *
 * Heads are what the parser says: it sees them at their best. All else is what a network says that has seen whole pictures
 * (`wholePeople.ts`) or, where there is none, what colours tell (`bodyByColour.ts`).
 */

import type { Canvas } from "../picture";
import { gaussian } from "../pixels/blur";
import { Enlarged, inCells, tilesOfCells } from "../pixels/cells";
import { cellFor, colours, putOnTile, toPicture } from "../pixels/fullSize";
import { apply, chained, fromCells, invert, scaleOf, warpToWindow } from "../pixels/geometry";
import { ramp, windowOf } from "../pixels/masks";
import { Raster, clamp } from "../pixels/raster";
import { Bits, grow } from "../pixels/shapes";
import { bodyByColour } from "./bodyByColour";
import type { Face } from "./face";
import { seesHeads, wholePeople } from "./wholePeople";

/** How wide the zone is in which hair may let the background through, and how near to skin and clothes it ends, in face units. */
const LOCK = 0.2;
const SKIN = 0.05;
/** Hair is thinned only where the segmenter gives the background at least such probabilities. */
const DOUBT = [0.05, 0.2] as const;

/**
 * Everything that belongs to the people whose faces are given, and, unless `others` are left out, to those beside them: a mask of
 * the picture's size.
 *
 * @param people how surely each place of the picture is part of a person; null if nothing is there that knows. Then, and where it
 *   has not seen a head that was parsed, bodies are told by their colours.
 * @param others faces whose people do not belong to it.
 */
export function personMask(faces: readonly Face[], picture: Canvas, people: Raster | null, others: readonly Face[]): Raster {
  if (people && seesHeads(people, faces, picture)) return wholePeople(people, faces, others, picture);
  const person = new Raster(picture.height, picture.width);
  for (const face of faces) join(person, face.patch("person"));
  const body = person.data.some((value) => value !== 0) ? bodyByColour(faces, picture, person) : null;
  if (body) join(person, toPicture(body.values, body.toSmall, picture));
  for (const face of faces) thinHair(face, picture, person);
  return person;
}

/** Let a mask hold what a window of another does, too. */
export function join(mask: Raster, { window: [x0, y0, x1, y1], mask: part }: { window: readonly [number, number, number, number]; mask: Raster }): void {
  for (let y = y0, from = 0; y < y1; y++) {
    for (let x = x0, to = y * mask.width + x0; x < x1; x++, to++, from++) mask.data[to] = Math.max(mask.data[to], part.data[from]);
  }
}

/** Let the background show between locks where the segmenter saw some of it and the colours agree; changes `person` in place. */
function thinHair({ parsing, box }: Face, picture: Canvas, person: Raster): void {
  const hair = parsing.region("hair");
  const pixel = box.side * scaleOf(parsing.affine); // a face unit, in pixels of the crop
  const others = parsing.region("person").map((value, i) => clamp(value - hair.data[i], 0, 1));
  const apart = around(others, SKIN * pixel);
  const doubted = around(ramp(parsing.region("background"), ...DOUBT), SKIN * pixel);
  const zone = around(hair, LOCK * pixel).map((value, i) => value * (1 - apart.data[i]) * doubted.data[i]);
  const part = windowOf(zone, 0.01);
  const reach = LOCK * box.side;
  if (!part || reach < 2) return;
  const back = invert(parsing.affine);
  const corners = [part[0], part[2]].flatMap((x) => [part[1], part[3]].map((y) => apply(back, x, y)));
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  const x0 = Math.trunc(clamp(Math.min(...xs) - reach, 0, person.width));
  const y0 = Math.trunc(clamp(Math.min(...ys) - reach, 0, person.height));
  const x1 = Math.trunc(clamp(Math.max(...xs) + reach, 0, person.width));
  const y1 = Math.trunc(clamp(Math.max(...ys) + reach, 0, person.height));
  if (x1 <= x0 || y1 <= y0) return;
  const inside = person.part([x0, y0, x1, y1]);
  const image = picture.part([x0, y0, x1, y1]);
  const cell = cellFor(reach / 8, inside);
  const low = inCells(inside, cell);
  const toCrop = chained(fromCells(cell, cell, x0, y0), parsing.affine);
  const area = [0, 0, low.width, low.height] as const;
  const own = warpToWindow(hair, toCrop, area);
  const doubt = warpToWindow(zone, toCrop, area);
  const layer = colours(
    low,
    inCells(image, cell),
    reach / cell,
    own.map((value) => value ** 4),
  );
  const where = doubt.map((value, i) => (value > 0 && layer.weight.data[i] > 0 ? 1 : 0));
  const chosen = Bits.of(where, (value) => value > 0);
  for (const tile of tilesOfCells(chosen, cell, inside)) {
    const before = inside.part(tile);
    const matted = before.copy();
    putOnTile(layer, matted, image.part(tile), tile, cell);
    const share = new Enlarged(doubt, cell).part(tile);
    for (let i = 0; i < before.data.length; i++) before.data[i] += share.data[i] * Math.min(matted.data[i] - before.data[i], 0);
    inside.put(before, tile[0], tile[1]);
  }
  person.put(inside, x0, y0);
}

/** The values and what lies within about `radius` pixels of them, fading out. */
function around(values: Raster, radius: number): Raster {
  return gaussian(grow(values, 0.7 * radius), Math.max(0.3 * radius, 0.5));
}
