/** Smoother skin. */

import { stacked } from "../pixels/raster";
import type { Paint } from "./paint";
import { added, awayFromFeatures, evenLayer, localMean, skinOf } from "./skin";

export interface SkinParameters {
  strength: number;
  radius: number;
}

/** Finer than this is a pore and stays; in face units. */
const PORE = 0.008;
/** What stands out by more than this, in lightness and in both of chroma, is a crease or a shadow's edge. */
const CONTRAST = [0.04, 0.03, 0.03] as const;

/** Smooth the skin: blotches go, pores stay, and eyes, lips, brows, beard and hair stay sharp. */
export const smoothSkin: Paint<SkinParameters> = ({ image, mask, face }, { strength, radius }) => {
  const skin = skinOf(image, mask, face);
  const grain = localMean(skin.lab, skin.weight, PORE * skin.unit);
  const even = stacked(...CONTRAST.map((contrast, c) => evenLayer(grain.plane(c), skin.weight, radius * skin.unit, contrast)));
  const share = awayFromFeatures(face, skin, 0.03).map((value, i) => value * (1 - skin.beard.data[i]));
  return added(
    image,
    even.map((value, k) => strength * share.data[Math.floor(k / 3)] * (value - grain.data[k])),
  );
};
