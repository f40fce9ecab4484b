/** How two colours share a head of hair. */

import { smoothRamp, smoothlyRamped } from "../pixels/masks";
import type { Random } from "../pixels/random";
import type { Raster } from "../pixels/raster";
import type { Hair } from "./hairStrands";

export type TwoColors = "ombre" | "streaks" | "split";

/** Share of the hair that streaks take, about. */
const STREAKS = 0.25;

/** How much of the second colour each pixel gets, of the picture's size. */
export function shareOfSecond(pattern: TwoColors, hair: Hair, random: Random): Raster {
  if (pattern === "split") {
    // The side is where a strand lies for most of its length, so that the line follows the parting's strands.
    return hair.fullSize(smoothRamp(hair.along(hair.x).map((value) => -value), -0.03, 0.03));
  }
  if (pattern === "ombre") {
    // Painted by hand: some locks turn earlier, some later.
    const roots = hair.fromRoots();
    return hair.fullSize(hair.locks(random, 0.06).map((lock, i) => smoothlyRamped(roots.data[i] + 0.3 * (lock - 0.5), 0.15, 0.85)));
  }
  // Locks of strands, and strands apart from them, so that no two streaks are alike.
  const [broad, fine, single] = [hair.locks(random, 0.06), hair.locks(random, 0.02), hair.locks(random, 0.008)];
  const locks = hair.ranked(broad.map((value, i) => 0.5 * value + fine.data[i] + 0.8 * single.data[i]));
  const roots = hair.fromRoots();
  return hair.fullSize(
    locks.map((value, i) => {
      const streaks = smoothlyRamped(value, 0.7 - STREAKS, 1.3 - STREAKS);
      const curls = 0.6 * smoothlyRamped(value, 0.1, 1.3);
      return (curls + hair.order.data[i] * (streaks - curls)) * smoothlyRamped(roots.data[i], -0.2, 0.3);
    }),
  );
}
