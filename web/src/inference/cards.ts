/** Models' cards: the JSON that the build makes of their `card.toml`. */

import { ModelError, ParameterError, shown } from "../errors";
import { LABELS } from "../labels";

export type Quality = "fast" | "balanced" | "best";
export const QUALITIES: readonly Quality[] = ["fast", "balanced", "best"];

/** What every card holds of a model. */
export interface Card {
  name: string;
  version: string;
  sha256: string;
  license: string;
  data_license: string;
}

export interface DetectorCard extends Card {
  /** Score from which a face is believed in. */
  threshold: number;
}

export interface SegmenterCard extends Card {
  input: { size: [number, number]; mean?: number[]; std?: number[] };
  labels: { scheme: string; classes: string[] };
  output?: { logits?: boolean };
  /** What is added to the logits of eyes for each time that a crop was enlarged twofold. */
  small?: { eyes?: number };
  quality?: Partial<Record<Quality, { size: number; mirror: boolean; int8?: boolean }>>;
  /** The same network in 8-bit integers, in a file of its own. */
  int8?: { sha256: string };
}

/** How a quality has a segmenter run: on crops of `size` pixels a side, in the mirror too or not, and in 8-bit integers or floats. */
export interface Run {
  size: number;
  mirror: boolean;
  int8: boolean;
}

/** Raises `ModelError` for a face parser that this code would run wrongly. */
export function checkSegmenter(card: SegmenterCard): void {
  const differs = card.labels.classes.findIndex((name, index) => name !== LABELS[index]);
  if (card.labels.classes.length !== LABELS.length || differs >= 0) {
    throw new ModelError(`the model ${shown(card.name)} has other labels than ${LABELS.join(", ")}; the browser runs those of celebamask`);
  }
  checkEnds(card);
}

/** Raises `ModelError` for a model that takes or gives anything else than RGB in [0, 1] and probabilities. */
export function checkEnds({ name, input, output }: SegmenterCard): void {
  if (output?.logits || input.mean?.some((value) => value !== 0) || input.std?.some((value) => value !== 1)) {
    throw new ModelError(`the model ${shown(name)} wants its input or output changed; the browser runs those that take RGB in [0, 1]`);
  }
}

export function runOf(card: SegmenterCard, quality: Quality): Run {
  if (!QUALITIES.includes(quality)) {
    throw new ParameterError(`quality=${shown(quality)} is not allowed; give one of ${QUALITIES.join(", ")}`);
  }
  const side = card.input.size[0];
  const size = quality === "fast" ? Math.max(Math.round((0.7 * side) / 32), 1) * 32 : side;
  const usual = { size, mirror: quality === "best", int8: card.int8 !== undefined && quality !== "best" };
  return { ...usual, ...card.quality?.[quality] };
}
