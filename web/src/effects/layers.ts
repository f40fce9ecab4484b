/** Taking a picture apart into the person and what is behind: the colours of both where soft edges mix them. */

import { box } from "../pixels/blur";
import { Enlarged, inCells, tilesOfCells } from "../pixels/cells";
import { type Raster, clamp, rounded, weighted } from "../pixels/raster";
import { resized, shrunkTo } from "../pixels/resize";
import { Bits, eroded, square } from "../pixels/shapes";

/** What is at least so surely background tells the colour of its kind. */
const SURE = 0.97;
/** Radii, in face units, over which the front's colour is gathered: first broadly, then about each strand. */
const BROAD = 0.12;
const FINE = 0.012;

/**
 * The picture as if nobody stood in front, in cells: background colours flow into the place of the person.
 *
 * The known pixels are averaged on ever smaller copies until nothing is unknown, and each gap is filled from the next smaller one
 * (pull-push: Gortler et al., "The Lumigraph", SIGGRAPH 1996). No colour of the person takes part.
 */
export function behind(image: Raster, background: Raster, cell: number): Raster {
  const known = clearOfEdges(background);
  const weight = inCells(known, cell);
  if (!weight.data.some((value) => value !== 0)) return inCells(image, cell);
  const colors = inCells(weighted(image, known), cell);
  return filled(divided(colors, weight), weight);
}

/** Surely background, and not next to anything that is not, if any is left then: 0 or 1. */
function clearOfEdges(background: Raster): Raster {
  const sure = background.map((value) => (value >= SURE ? 1 : 0));
  const inner = eroded(sure, square(2));
  return inner.data.some((value) => value !== 0) ? inner : sure;
}

function divided(colors: Raster, weight: Raster): Raster {
  return colors.map((value, k) => value / Math.max(weight.data[Math.floor(k / 3)], 1e-6));
}

/** The colours where their weight is 1, and colours that flow in from around where it is less. */
function filled(colors: Raster, weight: Raster): Raster {
  const { height, width } = weight;
  if (weight.min >= 1 || Math.max(height, width) === 1) return colors;
  const half = [(width + 1) >> 1, (height + 1) >> 1] as const;
  const less = shrunkTo(weight, ...half);
  const mixed = shrunkTo(weighted(colors, weight), ...half);
  const smaller = filled(
    divided(mixed, less),
    less.map((value) => Math.min(2 * value, 1)),
  );
  const around = resized(smaller, width, height);
  return around.map((value, k) => value + clamp(weight.data[Math.floor(k / 3)], 0, 1) * (colors.data[k] - value));
}

/**
 * The person's own colours, also where a soft edge mixes them with what is behind.
 *
 * Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021: colours of either kind are averaged about each pixel, and what
 * the pixel's own colour differs from their mixture is given to the front; first broadly, then finely.
 */
export function inFront(image: Raster, person: Raster, unit: number): Raster {
  const least = Math.min(person.height, person.width);
  const fine = Math.max(Math.min(Math.floor((FINE * unit) / 4), least), 1);
  const broad = fine * Math.max(Math.min(rounded((BROAD * unit) / 4 / fine), Math.floor(least / fine)), 1);
  const share = inCells(person, fine);
  let front = inCells(weighted(image, person), fine);
  const color = inCells(image, fine);
  const back = color.map((value, k) => value - front.data[k]);
  const rest = share.map((value) => 1 - value);
  const result = image.copy();
  const mixed = Bits.of(share, (value) => value > 0 && value < 1);
  for (const [radius, cell] of [
    [BROAD * unit, broad],
    [FINE * unit, fine],
  ]) {
    if (cell !== broad || radius !== BROAD * unit) front = inCells(weighted(result, person), fine);
    const mean = (colors: Raster, weight: Raster): Enlarged =>
      new Enlarged(meanAbout(inCells(colors, cell / fine), inCells(weight, cell / fine), radius / cell), cell);
    const [fronts, backs] = [mean(front, share), mean(back, rest)];
    for (const tile of tilesOfCells(mixed, fine, person)) {
      const alpha = person.part(tile);
      const [own, before, after] = [image.part(tile), fronts.part(tile), backs.part(tile)];
      const estimated = result.part(tile);
      for (let i = 0, k = 0; i < alpha.data.length; i++, k += 3) {
        const some = alpha.data[i];
        if (some <= 0 || some >= 1) continue;
        for (let c = k; c < k + 3; c++) {
          const lacking = own.data[c] - after.data[c] - some * (before.data[c] - after.data[c]);
          estimated.data[c] = clamp(before.data[c] + some * lacking, 0, 1);
        }
      }
      result.put(estimated, tile[0], tile[1]);
    }
  }
  return result;
}

/** Mean colour in a box about each pixel, given weighted colours and their weights. */
function meanAbout(colors: Raster, weight: Raster, radius: number): Raster {
  const reach = Math.max(rounded(radius), 1);
  const total = box(weight, reach, "replicate");
  return box(colors, reach, "replicate").map((value, k) => value / Math.max(total.data[Math.floor(k / 3)], 1e-5));
}
