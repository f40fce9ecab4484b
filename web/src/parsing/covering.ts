/** Cloth over nose and mouth, which networks that never saw any take for skin, and a veil, which they take for hair. */

import type { Plain } from "../face/values";
import { CLOTHING, FACE, HAIR, HAT, SKIN, indicesOf } from "../labels";
import { gaussian } from "../pixels/blur";
import { toOklab } from "../pixels/color";
import { median, quantile } from "../pixels/lists";
import { type Raster, rounded } from "../pixels/raster";
import { Bits, connected, dilated, disc, eroded, onlyPart, square, votes, winner } from "../pixels/shapes";

/** Lips of which the segmenter is surer than this are seen. */
const SEEN = 0.8;
/** Skin below the nose whose hue and chroma are so far, in OKLab, from those about the eyes is none. */
const OTHER = 0.035;
/** Cloth hides this share of the skin below the nose at least; a microphone hides less. */
const MOST = 0.6;
/** A veil that passes for hair has its colour, and leaves less than this of the face's height, over the width of the eyes. */
const SLIT = 0.75;
/** Pixels that a colour is taken from, at least. */
const FEWEST = 30;

/** The probabilities with what covers nose and mouth made clothing, and a veil with it; the same ones where nothing does. */
export function uncovered(probabilities: Plain, crop: Raster): Plain {
  const lips = probabilities.sum(indicesOf("lips"));
  const eyes = Bits.above(probabilities.sum(indicesOf("eyes")), 0.5);
  let [sum, count] = [0, 0];
  for (const value of lips.data) {
    if (value > 0.5) {
      sum += value;
      count++;
    }
  }
  if ((count && sum / count > SEEN) || !eyes.any) return probabilities;
  const found = cloth(probabilities, lips, eyes, crop);
  if (!found) return probabilities;
  return madeClothing(probabilities, gaussian(found.where.raster, 0.8), found.isVeil);
}

/** Where the lower half of what is taken for a face is cloth; and whether what is taken for hair is, too. */
function cloth(probabilities: Plain, lips: Raster, eyes: Bits, crop: Raster): { where: Bits; isVeil: boolean } | null {
  const claims = (indices: readonly number[]): Bits => Bits.above(probabilities.sum(indices), 0.5);
  const claimed = claims(FACE);
  const whole = partWith(
    claimed.map((bit, i) => bit || eyes.data[i]),
    eyes,
  );
  if (!whole) return null;
  const within = (bits: Bits): Bits => bits.map((bit, i) => bit && whole.data[i]);
  const [skin, face] = [within(claims([SKIN])), within(claimed)];
  const { width } = face;
  const rowOf = (i: number): number => Math.floor(i / width);
  const places = (bits: Bits): number[] => [...bits.data.keys()].filter((i) => bits.data[i]);
  const eyePlaces = places(eyes);
  const eye = eyePlaces.reduce((total, i) => total + rowOf(i), 0) / eyePlaces.length;
  const chin = quantile(places(face.map((bit, i) => bit || eyes.data[i])).map(rowOf), 0.99);
  const around = dilated(eyes.raster, disc(rounded(0.15 * (chin - eye)) + 1));
  const about = skin.map((bit, i) => bit && around.data[i] > 0 && rowOf(i) < eye + 0.12 * (chin - eye));
  const below = skin.map((bit, i) => bit && rowOf(i) > eye + 0.55 * (chin - eye));
  if (Math.min(about.count, below.count) < FEWEST) return null;
  const oklab = toOklab(crop);
  const colorOf = (bits: Bits): number[] => {
    const inside = places(bits);
    return [0, 1, 2].map((c) => median(inside.map((i) => oklab.data[3 * i + c])));
  };
  const [bare, covered] = [colorOf(about), colorOf(below)];
  const [wayA, wayB] = [covered[1] - bare[1], covered[2] - bare[2]]; // of hue and chroma: light and shade change lightness
  if (Math.hypot(wayA, wayB) < OTHER) return null;
  const seenLips = Bits.above(lips, 0.5);
  if (seenLips.count >= FEWEST) {
    const lipColor = colorOf(seenLips);
    if (Math.hypot(lipColor[1] - covered[1], lipColor[2] - covered[2]) > OTHER) return null;
  }
  const length = wayA * wayA + wayB * wayB;
  const likeCloth = face.map((bit, i) => {
    const along = (oklab.data[3 * i + 1] - bare[1]) * wayA + (oklab.data[3 * i + 2] - bare[2]) * wayB;
    return bit && along / length > 0.5;
  });
  const mask = largestPart(
    likeCloth.map((bit, i) => bit && rowOf(i) > eye),
    below,
  );
  if (!mask || places(below).filter((i) => mask.data[i]).length / below.count < MOST) return null;
  const rest = places(face.map((bit, i) => bit && !likeCloth.data[i])).map(rowOf);
  const hair = claims([HAIR]);
  let isVeil = false;
  if (hair.any && rest.length) {
    const hairColor = colorOf(hair);
    const isSame = Math.max(...hairColor.map((value, c) => Math.abs(value - covered[c]))) < 2 * OTHER;
    const columns = eyePlaces.map((i) => i - rowOf(i) * width);
    const span = Math.max(...columns) - Math.min(...columns);
    isVeil = isSame && quantile(rest, 0.98) - quantile(rest, 0.02) < SLIT * span;
  }
  return { where: isVeil ? mask.map((bit, i) => bit || likeCloth.data[i]) : mask, isVeil };
}

/** The connected part that most of the lower face belongs to, with its folds, and lips that were seen in them. */
function largestPart(likeCloth: Bits, below: Bits): Bits | null {
  const opened = dilated(eroded(likeCloth.raster, square(1)), square(1));
  const part = partWith(
    Bits.above(opened, 0),
    below,
  );
  if (!part) return null;
  return Bits.above(eroded(dilated(part.raster, square(3)), square(3)), 0);
}

/** The connected part that holds most of something; null if none holds any. */
function partWith(inside: Bits, mostOf: Bits): Bits | null {
  const parts = connected(inside);
  const best = winner(votes(parts, (i) => mostOf.data[i] === 1));
  return best ? onlyPart(inside, parts, best) : null;
}

/** With so much of the face's probabilities given to clothing, and of a veil all of what passes for hair or a hat. */
function madeClothing(probabilities: Plain, share: Raster, isVeil: boolean): Plain {
  const result = probabilities.copy();
  const clothing = result.plane(CLOTHING).data;
  const move = (index: number, howMuch: (i: number) => number): void => {
    const plane = result.plane(index).data;
    for (let i = 0; i < plane.length; i++) {
      const moved = plane[i] * howMuch(i);
      plane[i] -= moved;
      clothing[i] += moved;
    }
  };
  for (const index of FACE) move(index, (i) => share.data[i]);
  if (isVeil) for (const index of [HAIR, HAT]) move(index, () => 1);
  return result;
}
