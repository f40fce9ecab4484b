/** The segmenter and the detector that work together. */

import type { Detector } from "../inference/detector";
import type { Segmenter } from "../inference/segmenter";

export interface Parser {
  segmenter: Segmenter;
  detector: Detector;
}

/** What a face is known by. */
export const FEATURES = ["eyes", "eyebrows", "nose", "lips"] as const;
