/** Laying hair in another colour over a picture of it. */

import { Raster, clamp } from "../pixels/raster";
import { seen, shown } from "./perceived";

/** How much of the colour that is in detail finer than the copy stays, where all of it would be as loud as light. */
const COLOR_DETAIL = 0.25;

/**
 * RGB to lay over the picture through the hair's mask, whose edge is a share of hair and a share of what is behind it.
 *
 * The picture there is `own` for the mask's share, so it changes by that share of the difference. At the edge this may go beyond
 * [0, 1]; laid over the picture it does not, or hardly. `own` and `fresh` are parts of `HeadOfHair.own` and of `HeadOfHair.grown`.
 */
export function repainted(image: Raster, own: Raster, fresh: Raster): Raster {
  const [before, after] = [new Raster(image.height, image.width, 3), new Raster(image.height, image.width, 3)];
  const lab = seen(image);
  for (let i = 0, k = 0, at = 0; i < own.area; i++, k += 3, at += 5) {
    const share = own.data[at + 3];
    const color = COLOR_DETAIL * fresh.data[at + 3];
    // As far as it rises; beyond, as at an edge where something else shows through, it would turn round.
    const most = (0.4 * fresh.data[at + 3]) / (Math.abs(fresh.data[at + 4]) + 1e-6);
    const finer = clamp(lab.data[k] - own.data[at], -most, most);
    before.data[k] = own.data[at] + finer * (share + finer * own.data[at + 4]);
    after.data[k] = fresh.data[at] + finer * (fresh.data[at + 3] + finer * fresh.data[at + 4]);
    for (let c = 1; c < 3; c++) {
      const detail = lab.data[k + c] - own.data[at + c];
      before.data[k + c] = own.data[at + c] + share * detail;
      after.data[k + c] = fresh.data[at + c] + color * detail;
    }
  }
  const [from, to] = [shown(before).data, shown(after).data];
  const result = image.copy();
  for (let k = 0; k < to.length; k++) result.data[k] += to[k] - from[k];
  return result;
}
