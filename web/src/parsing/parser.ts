/** The models that work together. */

import type { Detector } from "../inference/detector";
import type { PeopleFinder } from "../inference/people";
import type { Segmenter } from "../inference/segmenter";

export interface Parser {
  segmenter: Segmenter;
  detector: Detector;
  /** What finds whole people, fetched when it is first asked for; null where bodies are told by their colours. */
  people: (() => Promise<PeopleFinder>) | null;
}

/** What a face is known by. */
export const FEATURES = ["eyes", "eyebrows", "nose", "lips"] as const;
