/** What was hidden stays hidden: later effects know where eyes, lips and hair were, and may not draw them there again. */

import type { Raster, Window } from "../pixels/raster";
import { Bits, connected, dilated, eroded, square, votes } from "../pixels/shapes";

/** Holes of up to so many pixels to each side are pixels that had the colour by chance that hides them. */
const HOLE = 2;

/** What was hidden of a picture, and what an effect that hides has changed in a window. */
export function withHidden(hidden: Bits | null, before: Raster, after: Raster, [x0, y0]: Window, size: { height: number; width: number }): Bits {
  const changed = new Bits(before.height, before.width).map((_, i) => [0, 1, 2].some((c) => before.data[3 * i + c] !== after.data[3 * i + c]));
  const whole = eroded(dilated(changed.raster, square(HOLE)), square(HOLE));
  const result = new Bits(size.height, size.width, hidden?.data.slice());
  for (let i = 0; i < whole.data.length; i++) {
    if (whole.data[i] > 0) result.data[(y0 + Math.floor(i / whole.width)) * size.width + x0 + (i % whole.width)] = 1;
  }
  return result;
}

/** A window's mask with nothing where somebody is hidden. */
export function withoutHidden(mask: Raster, hidden: Bits, [x0, y0]: Window): Raster {
  return mask.map((value, i) => (hidden.data[(y0 + Math.floor(i / mask.width)) * hidden.width + x0 + (i % mask.width)] ? 0 : value));
}

/**
 * The mask of the background, as large as the picture, that does not cut through what is hidden of a person: a head's outline with its
 * hair would be drawn on it otherwise. Where something else was hidden by mistake the mask stays.
 */
export function behindHidden(mask: Raster, hidden: Bits): Raster {
  const parts = connected(hidden);
  const ofPeople = votes(parts, (i) => mask.data[i] < 0.5);
  return mask.map((value, i) => (hidden.data[i] && ofPeople[parts.labels[i]] ? 0 : value));
}
