/** Names of face parts, in CelebAMask-HQ's official order, which is that of the model's outputs. Left is the subject's left. */

import { UnknownName } from "./errors";
import facts from "./facts.json";

export const LABELS: readonly string[] = facts.labels;
const REGIONS: Readonly<Record<string, readonly string[]>> = facts.regions;

/** Indices of the labels that a name stands for: of a region, of a label, or of several joined by "+". */
export function indicesOf(region: string): number[] {
  const found = new Set<number>();
  for (const name of region.split("+")) {
    const labels = REGIONS[name] ?? (LABELS.includes(name) ? [name] : null);
    if (!labels) {
      throw new UnknownName(`no region ${JSON.stringify(name)}; there are ${[...Object.keys(REGIONS), ...LABELS].join(", ")}`);
    }
    for (const label of labels) found.add(LABELS.indexOf(label));
  }
  return [...found].sort((a, b) => a - b);
}

export const BACKGROUND = 0;
export const SKIN = LABELS.indexOf("skin");
export const HAIR = LABELS.indexOf("hair");
export const HAT = LABELS.indexOf("hat");
export const CLOTHING = LABELS.indexOf("clothing");

/** Labels that are part of a face proper, within its own crop. */
export const FACE: readonly number[] = indicesOf("face");
const EYES: readonly number[] = indicesOf("eyes");

export function isWithin(indices: readonly number[], others: readonly number[]): boolean {
  return indices.every((index) => others.includes(index));
}

/** Whether a region is nothing but eyes, whose dark irises stand out more than their edges. */
export function isOfEyes(region: string): boolean {
  return isWithin(indicesOf(region), EYES);
}

/** Whether a region goes beyond one face's surroundings, so that it is found once for the whole picture. */
export function isSceneWide(region: string): boolean {
  const indices = indicesOf(region);
  return indices.includes(BACKGROUND) || indices.length === LABELS.length - 1;
}

/** For each index, the index that it becomes in a mirror. */
export const MIRRORED: readonly number[] = LABELS.map((label) => {
  const [side, ...rest] = label.split("_");
  const other = { left: "right", right: "left" }[side];
  return LABELS.indexOf(other ? [other, ...rest].join("_") : label);
});
