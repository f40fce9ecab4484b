/** Hair dye. */

import { Enlarged } from "../pixels/cells";
import { windowOf } from "../pixels/masks";
import { Raster, type Window } from "../pixels/raster";
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

/** Where the hair's own window begins is a multiple of this, so that cells lie in it as in the whole one. */
const CELLS = 12;
/** Half bleached hair is warm, as brown hair is: this part of the lightening is added as OKLab's a and b. */
const WARMTH = [0.12, 0.11];

/** Dye the hair, strand by strand: black can go blonde and blonde black, with shadows and shine kept. */
export const recolorHair: Paint<HairParameters> = ({ image, mask, unit, face, random }, { color, strength, pattern, second, natural }) => {
  const whole = shareOfHair(image, mask, face);
  const place = windowOf(whole);
  if (!place) return image;
  const here: Window = [place[0] - (place[0] % CELLS), place[1] - (place[1] % CELLS), place[2], place[3]];
  const [before, share] = [image.part(here), whole.part(here)];
  const head = HeadOfHair.of(before, share, unit, face.isInFilm);
  const { own } = head;
  const result = image.copy();
  const laidOn = (dyed: (tile: Window) => Raster): Raster => {
    result.put(inItsShare(before, mask.part(here), share, repainted(before, share, head, dyed)), here[0], here[1]);
    return result;
  };
  const grown = (code: string): Enlarged => head.grown(code, face.light);
  if (pattern === "full") {
    // the same everywhere, so that it is done on the copy
    const dyed = new Enlarged(towards(own.values, grown(color).values, strength), own.cell);
    return laidOn((tile) => dyed.part(tile));
  }
  const ofSecond = shareOfSecond(pattern, Hair.in(image, mask, face), random()).part(here);
  const [first, other] = [natural ? null : grown(color), grown(second)];
  return laidOn((tile) => {
    const part = ofSecond.part(tile);
    if (!first) return towards(own.part(tile), other.part(tile), strength, part);
    return towards(own.part(tile), between(first.part(tile), other.part(tile), part), strength);
  });
};

/** Hair's own colours dyed by a share with a goal: the share of the strength that a mask has, if there is one. */
function towards(own: Raster, goal: Raster, strength: number, mask?: Raster): Raster {
  const { channels, data } = own;
  const result = new Raster(own.height, own.width, channels);
  const out = result.data;
  for (let i = 0, k = 0; k < out.length; i++, k += channels) {
    const share = mask ? strength * mask.data[i] : strength;
    for (let c = k; c < k + channels; c++) out[c] = data[c] + share * (goal.data[c] - data[c]);
    const lighter = goal.data[k] - data[k];
    if (lighter <= 0) continue;
    for (let c = 0; c < 2; c++) out[k + 1 + c] += WARMTH[c] * share * (1 - share) * lighter;
  }
  return result;
}

function between(first: Raster, second: Raster, share: Raster): Raster {
  const result = first.copy();
  const { channels, data } = result;
  for (let i = 0, k = 0; k < data.length; i++) {
    for (let c = 0; c < channels; c++, k++) data[k] += share.data[i] * (second.data[k] - data[k]);
  }
  return result;
}
