/** The square, upright crops that faces are parsed on. */

import { type Detection, FaceParsing } from "../face/values";
import type { Segmenter } from "../inference/segmenter";
import type { Canvas } from "../picture";
import { type Affine, cropAffine, cut } from "../pixels/geometry";

/** The crop is a square this many face boxes wide, its middle this many above the box's: hair needs more room than the neck. */
export const FACE_PER_CROP = 1.6;
export const LIFT = 0.05;

/** The map to the crop that holds a detected face's whole head. */
export function headCrop({ box, roll }: Detection, size: number): Affine {
  const turn = (roll * Math.PI) / 180;
  const up = LIFT * box.side;
  const [x, y] = box.center;
  return cropAffine([x + up * Math.sin(turn), y - up * Math.cos(turn)], FACE_PER_CROP * box.side, roll, size);
}

/** What the segmenter says of what `affine` cuts out of a picture. */
export async function parseCrop(picture: Canvas, affine: Affine, segmenter: Segmenter): Promise<FaceParsing> {
  return new FaceParsing(await segmenter.probabilities(cut(picture, affine, segmenter.size)), affine);
}
