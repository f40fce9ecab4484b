/** Hair dye. */

import { tiles } from "../pixels/cells";
import type { Raster } from "../pixels/raster";
import { Bits } from "../pixels/shapes";
import { HeadOfHair } from "./hairDye";
import { type TwoColors, shareOfSecond } from "./hairPatterns";
import { repainted } from "./hairRepaint";
import { inItsShare, shareOfHair } from "./hairShare";
import { Hair } from "./hairStrands";
import type { Paint } from "./paint";

export interface HairParameters {
  color: string;
  strength: number;
  pattern: "full" | TwoColors;
  second: string;
  natural: boolean;
}

/** Half bleached hair is warm, where a mixture of black and blonde would be olive: this part of the lightening is added as red. */
const WARMTH = 0.15;

/** Dye the hair, strand by strand: black can go blonde and blonde black, with shadows and shine kept. */
export const recolorHair: Paint<HairParameters> = ({ image, mask, unit, face, random }, { color, strength, pattern, second, natural }) => {
  const share = shareOfHair(image, mask, face);
  const head = HeadOfHair.of(image, share, unit, face.isInFilm);
  const { own } = head;
  const first = natural && pattern !== "full" ? own : head.grown(color);
  const patterned = pattern === "full" ? null : { second: head.grown(second), share: shareOfSecond(pattern, Hair.in(image, mask, face), random()) };
  const result = image.copy();
  const where = Bits.above(mask, 0); // a head of hair fills about half of its box
  for (const tile of tiles(where)) {
    const [before, after] = [own.part(tile), first.part(tile)];
    const goal = patterned ? patterned.second.part(tile) : after;
    const mixed = mix(before, after, goal, patterned ? patterned.share.part(tile) : null, strength, natural);
    const there = image.part(tile);
    result.put(inItsShare(there, mask.part(tile), share.part(tile), repainted(there, before, mixed)), tile[0], tile[1]);
  }
  return result;
};

/** The hair's own colours on their way to the first colour, or to where a pattern's share of the second takes it. */
function mix(own: Raster, first: Raster, second: Raster, part: Raster | null, strength: number, natural: boolean): Raster {
  const { channels } = own;
  const mixed = own.copy();
  for (let i = 0, k = 0; k < own.data.length; i++, k += channels) {
    const turned = part ? part.data[i] : 0;
    const share = part && natural ? strength * turned : strength;
    let lighter = 0;
    for (let c = k; c < k + channels; c++) {
      const goal = part && natural ? second.data[c] : first.data[c] + turned * (second.data[c] - first.data[c]);
      const change = goal - own.data[c];
      mixed.data[c] += share * change;
      if (c === k) lighter = Math.max(change, 0);
    }
    mixed.data[k + 1] += WARMTH * share * (1 - share) * lighter;
  }
  return mixed;
}
