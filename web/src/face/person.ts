/**
 * The whole person, beyond the crops that faces are parsed on: shoulders, arms and body, and whoever else is in the picture.
 *
 * Heads are what the parser says: it sees them at their best. All else is what a network says that has seen whole pictures
 * (`wholePeople.ts`) or, where there is none, what colours tell (`bodyByColour.ts`).
 */

import type { Canvas } from "../picture";
import { gaussian } from "../pixels/blur";
import { toPicture } from "../pixels/fullSize";
import { apply, chained, fromCells, invert, warpToWindow } from "../pixels/geometry";
import { windowOf } from "../pixels/masks";
import { Raster, clamp } from "../pixels/raster";
import { seenThrough } from "../pixels/seeingThrough";
import { grow } from "../pixels/shapes";
import { bodyByColour } from "./bodyByColour";
import type { Face } from "./face";
import { bodiesBelow, facesSeen, toSmallOf, wholePeople } from "./wholePeople";

/** How wide the zone is in which hair may let the background through, and how near to skin and clothes it ends, in face units. */
const LOCK = 0.2;
const SKIN = 0.05;
/** How deep behind the outline the background may be seen through curls, in face units. */
const DEEP = 0.25;

/**
 * Everything that belongs to the people whose faces are given, and, unless `others` are left out, to those beside them: a mask of
 * the picture's size.
 *
 * @param people how surely each place of the picture is part of a person; null if nothing is there that knows. Then, and where it
 *   has not seen a head that was parsed, bodies are told by their colours.
 * @param others faces whose people do not belong to it.
 */
export function personMask(faces: readonly Face[], picture: Canvas, people: Raster | null, others: readonly Face[]): Raster {
  const seen = people && facesSeen(people, faces, picture);
  const isSeen = people && seen && (seen.length || !others.length);
  const heads = isSeen ? seen : faces;
  const person = isSeen ? wholePeople(people, seen, facesSeen(people, others, picture) ?? others, picture) : byColours(faces, picture);
  for (const face of heads) thinHair(face, picture, person, isSeen ? people : null);
  return person;
}

/** Heads as parsed, and bodies by their colours. */
function byColours(faces: readonly Face[], picture: Canvas): Raster {
  const person = new Raster(picture.height, picture.width);
  for (const face of faces) join(person, face.patch("person"));
  const body = person.data.some((value) => value !== 0) ? bodyByColour(faces, picture, person) : null;
  if (body) join(person, toPicture(body.values, body.toSmall, picture));
  return person;
}

/** Let a mask hold what a window of another does, too. */
export function join(mask: Raster, { window: [x0, y0, x1, y1], mask: part }: { window: readonly [number, number, number, number]; mask: Raster }): void {
  for (let y = y0, from = 0; y < y1; y++) {
    for (let x = x0, to = y * mask.width + x0; x < x1; x++, to++, from++) mask.data[to] = Math.max(mask.data[to], part.data[from]);
  }
}

/** Let the background show between locks, away from skin and clothes; changes `person` in place. */
function thinHair(face: Face, picture: Canvas, person: Raster, people: Raster | null): void {
  const { parsing, box } = face;
  const hair = parsing.region("hair");
  const others = parsing.region("background").map((value, i) => clamp(1 - value - hair.data[i], 0, 1));
  const part = windowOf(hair, 0.5);
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
  const body = people && bodiesBelow(face, people, picture); // shoulders that the parser takes for background
  const about = (cell: number): [Raster, Raster] => {
    const toCrop = chained(fromCells(cell, cell, x0, y0), parsing.affine);
    const area = [0, 0, Math.ceil((x1 - x0) / cell), Math.ceil((y1 - y0) / cell)] as const;
    const own = warpToWindow(hair, toCrop, area);
    let beside = warpToWindow(others, toCrop, area);
    if (body) {
      const below = warpToWindow(body, chained(fromCells(cell, cell, x0, y0), toSmallOf(body, picture)), area);
      beside = beside.map((value, i) => Math.max(value, below.data[i] * (1 - own.data[i])));
    }
    const apart = around(beside, (SKIN * box.side) / cell);
    return [own, around(own, reach / cell).map((value, i) => DEEP * value * (1 - apart.data[i]))];
  };
  person.put(seenThrough(person.part([x0, y0, x1, y1]), picture.part([x0, y0, x1, y1]), box.side, about), x0, y0);
}

/** The values and what lies within about `radius` pixels of them, fading out. */
function around(values: Raster, radius: number): Raster {
  return gaussian(grow(values, 0.7 * radius), Math.max(0.3 * radius, 0.5));
}
