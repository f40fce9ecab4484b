/** Eyes of faces that are small in the picture: of those a network is less sure than it is right. */

import { FaceParsing, Plain } from "../face/values";
import { indicesOf } from "../labels";
import { scaleOf } from "../pixels/geometry";

/** A crop that was enlarged more often than that, each time twofold, tells no more. */
const MOST_DOUBLINGS = 3;
/** Where eyes are less likely than this they stay so. */
const UNLIKELY = 1e-3;
const EYES = indicesOf("eyes");

/**
 * The parsing of a crop that was enlarged, with eyes more likely there; the same one if it was not.
 *
 * @param perDoubling what is added to the logits of eyes for each time that the crop was enlarged twofold, as the model's card has it.
 */
export function withSmallEyes(parsing: FaceParsing, perDoubling: number): FaceParsing {
  const added = perDoubling * Math.min(Math.log2(scaleOf(parsing.affine)), MOST_DOUBLINGS);
  if (!(added > 0)) return parsing;
  const { size, classes, data } = parsing.probabilities as Plain;
  const result = data.slice();
  const [area, weight] = [size ** 2, Math.exp(added)];
  parsing.probabilities.sum(EYES).data.forEach((likely, at) => {
    if (likely <= UNLIKELY) return;
    const total = 1 + (weight - 1) * likely;
    for (let index = 0; index < classes; index++) result[index * area + at] *= (EYES.includes(index) ? weight : 1) / total;
  });
  return new FaceParsing(new Plain(size, classes, result), parsing.affine);
}
