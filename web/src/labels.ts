/** Names of face parts, in CelebAMask-HQ's official order, which is that of the model's outputs. Left is the subject's left. */

import { ParameterError, UnknownName, shown } from "./errors";
import facts from "./facts.json";

export const LABELS: readonly string[] = facts.labels;
const REGIONS: Readonly<Record<string, readonly string[]>> = facts.regions;

/**
 * Indices of the labels that a name stands for: of a region, of a label, or of several, of which those after a "+" are added and those
 * after a "-" left out, from left to right: "face-eyes-lips", "hair+hat". Raises `UnknownName`, and `ParameterError` if nothing is left.
 */
export function indicesOf(region: string): number[] {
  const found = new Set<number>();
  const [first, ...others] = region.split(/([+-])/);
  for (const index of indicesNamed(first.trim())) found.add(index);
  for (let at = 0; at < others.length; at += 2) {
    for (const index of indicesNamed(others[at + 1].trim())) {
      if (others[at] === "+") found.add(index);
      else found.delete(index);
    }
  }
  if (!found.size) throw new ParameterError(`the region ${shown(region)} leaves nothing; take less away`);
  return [...found].sort((a, b) => a - b);
}

function indicesNamed(name: string): number[] {
  const labels = Object.hasOwn(REGIONS, name) ? REGIONS[name] : LABELS.includes(name) ? [name] : null;
  if (!labels) throw new UnknownName(`no region ${shown(name)}; there are ${[...Object.keys(REGIONS), ...LABELS].join(", ")}`);
  return labels.map((label) => LABELS.indexOf(label));
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
