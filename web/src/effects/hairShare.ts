/** How much of each pixel is hair, where its edge lets other things be seen through. */

import type { FaceView } from "../face/face";
import { Enlarged, broadly, cellOfMean } from "../pixels/cells";
import { type Raster, clamp } from "../pixels/raster";
import { seenThrough } from "../pixels/seeingThrough";

/**
 * How deep behind its edge hair may be seen through, in face units: towards what is behind the head, and towards skin and clothes,
 * on which it lies closely.
 */
const BACKGROUND = 0.25;
const SKIN = 0.04;
/** Over what distance it is told which of the two the edge is nearer to, in face units. */
const NEAR = 0.1;

/** The hair's mask, less what is seen through it: dyed with the hair, a bright wall between curls would glow. */
export function shareOfHair(image: Raster, mask: Raster, face: FaceView): Raster {
  return seenThrough(mask, image, face.unit, (cell) => {
    const [hair, background] = ["hair", "background"].map((region) => face.roughly(region, cell));
    const radius = Math.max((NEAR * face.unit) / cell, 0.5);
    const side = cellOfMean(radius, hair);
    const [behind, other] = [background, hair.map((value) => 1 - value)].map((values) =>
      new Enlarged(broadly(values, radius, side), side).allOf(hair),
    );
    return [hair, behind.map((value, i) => SKIN + (BACKGROUND - SKIN) * clamp(value / Math.max(other.data[i], 1e-4), 0, 1))];
  });
}

/** What changes the picture in the share of hair when it is laid over it through the mask; changes `painted` in place. */
export function inItsShare(image: Raster, mask: Raster, share: Raster, painted: Raster): Raster {
  for (let i = 0, k = 0; i < mask.data.length; i++, k += 3) {
    if (share.data[i] >= mask.data[i]) continue;
    const part = share.data[i] / mask.data[i];
    for (let c = k; c < k + 3; c++) painted.data[c] = image.data[c] + part * (painted.data[c] - image.data[c]);
  }
  return painted;
}
