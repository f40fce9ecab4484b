/** Hair dye. */

import { tiles } from "../pixels/cells";
import type { Raster } from "../pixels/raster";
import { Bits } from "../pixels/shapes";
import { HeadOfHair, repainted } from "./hairDye";
import { type TwoColors, shareOfSecond } from "./hairPatterns";
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
  const head = HeadOfHair.of(image, mask, unit);
  const { own } = head;
  const first = natural && pattern !== "full" ? own : head.grown(color);
  const patterned = pattern === "full" ? null : { second: head.grown(second), share: shareOfSecond(pattern, Hair.in(image, mask, face), random()) };
  const result = image.copy();
  const where = Bits.of(mask, (value) => value > 0); // a head of hair fills about half of its box
  for (const tile of tiles(where)) {
    const [before, after] = [own.part(tile), first.part(tile)];
    const mixed = before.map((value, k) => value + strength * (after.data[k] - value));
    if (patterned) turn(mixed, after, patterned.second.part(tile), patterned.share.part(tile), strength, natural);
    result.put(repainted(image.part(tile), before, mixed), tile[0], tile[1]);
  }
  return result;
};

/** Turn what is mixed from the first colour to the second, in their shares. */
function turn(mixed: Raster, first: Raster, second: Raster, share: Raster, strength: number, natural: boolean): void {
  const { channels } = mixed;
  for (let i = 0, k = 0; i < share.data.length; i++, k += channels) {
    const part = strength * share.data[i];
    for (let c = k; c < k + channels; c++) mixed.data[c] += part * (second.data[c] - first.data[c]);
    if (natural) mixed.data[k + 1] += WARMTH * part * (1 - part) * Math.max(second.data[k] - first.data[k], 0);
  }
}
