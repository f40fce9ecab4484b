/** One detected face: parsed, measured, and parsed again on a better crop where the first one was off. */

import { own } from "../face/belonging";
import { Face } from "../face/face";
import { Box, type Detection, FaceParsing, Kept, type Plain, type Probabilities } from "../face/values";
import type { Segmenter } from "../inference/segmenter";
import type { Canvas } from "../picture";
import { cut } from "../pixels/geometry";
import type { Raster } from "../pixels/raster";
import { uncovered } from "./covering";
import { headCrop, parseCrop } from "./crop";
import { isOff, measure } from "./measure";
import { withSmallEyes } from "./smallEyes";
import { withoutStrays } from "./strays";
import { Merged, NearAndWide, type Wide, hairRunsOut, lookedAtWidely, runsOut, widened } from "./wide";

/** A crop is cut at most so often. A face that leaves its crop is larger than can be measured there, by about this factor at a time. */
const MAX_CROPS = 4;
const ENLARGE = 1.5;

/** A parsed face, before it is known which others there are. */
export interface ParsedFace {
  box: Box;
  roll: number;
  score: number;
  /** What the near crop was cut for. */
  crop: Detection;
  near: FaceParsing;
  /** What is seen on a crop twice as wide, where hair leaves the near one. */
  wide: Wide | null;
}

/**
 * Parse a detected face; null if there is none after all.
 *
 * @param widely whether hair that leaves the crop is followed: not needed where nothing but parts of the face is asked for.
 */
export async function parseFace(picture: Canvas, detected: Detection, segmenter: Segmenter, widely = true): Promise<ParsedFace | null> {
  let found = detected;
  let parsing = await parseCrop(picture, headCrop(found, segmenter.size), segmenter);
  let measured = measure(parsing, found);
  for (let crops = 1; crops < MAX_CROPS && measured; crops++) {
    const leaves = runsOut(measured.face, parsing, picture);
    if (!leaves && !isOff(found, measured)) break;
    found = measured.detection;
    if (leaves) found = { ...found, box: Box.square(found.box.center, ENLARGE * found.box.side) };
    parsing = await parseCrop(picture, headCrop(found, segmenter.size), segmenter);
    measured = measure(parsing, found);
  }
  if (!measured) return null;
  const near = corrected(parsing, cut(picture, parsing.affine, segmenter.size), segmenter);
  const wide = widely && hairRunsOut(near, picture) ? await lookedAtWidely(picture, near, segmenter) : null;
  return { box: measured.box, roll: measured.detection.roll, score: measured.detection.score, crop: found, near, wide };
}

/** What was parsed on a crop, with cloth over nose and mouth, small eyes and stray features put right. */
export function corrected(parsing: FaceParsing, crop: Raster, segmenter: Segmenter): FaceParsing {
  const bare = new FaceParsing(uncovered(parsing.probabilities as Plain, crop), parsing.affine);
  return withoutStrays(withSmallEyes(bare, segmenter.card.small?.eyes ?? 0));
}

/** The face without what belongs to others or to nobody. */
export function faceOf(parsed: ParsedFace, others: readonly Box[], canvas: Canvas): Face {
  const { box, roll, score } = parsed;
  return new Face({ box, roll, score, parsing: clearedOf(parsed, others), canvas });
}

/** What was parsed, without what belongs to others or to nobody. */
export function clearedOf({ box, near, wide }: ParsedFace, others: readonly Box[]): FaceParsing {
  const kept = (parsing: FaceParsing): Probabilities => new Kept(own(parsing, box, others).probabilities);
  if (!wide) return new FaceParsing(kept(near), near.affine);
  const whole = widened(near, new Merged(near.probabilities, wide), wide.down);
  return widened(near, new NearAndWide(kept(near), kept(whole), wide.down), wide.down);
}
