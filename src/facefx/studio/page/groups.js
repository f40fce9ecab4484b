// What a person calls a part of a face: several labels of the parser, in one word.

const GROUPS = [
  ["lips", ["upper_lip", "lower_lip"]], ["teeth", ["inner_mouth"]], ["eyes", ["left_eye", "right_eye"]], ["brows", ["left_eyebrow", "right_eyebrow"]],
  ["hair", ["hair"]], ["skin", ["skin"]], ["nose", ["nose"]], ["ears", ["left_ear", "right_ear"]], ["eyeglasses", ["eyeglasses"]], ["hat", ["hat"]],
  ["earring", ["earring"]], ["necklace", ["necklace"]], ["neck", ["neck"]], ["clothing", ["clothing"]], ["background", ["background"]],
];

// The groups that can be seen, by what the picture's pixels show: with the indices of its label picture.
export function groupsIn(classes, seen) {
  const found = [];
  for (const [key, labels] of GROUPS) {
    const indices = classes.flatMap((one, index) => (key === "background" ? index === 0 : one.labels.every((label) => labels.includes(label))) ? [index] : []);
    if (indices.some((index) => seen.has(index)) || key === "background") found.push({ key, labels, indices });
  }
  for (const [index, one] of classes.entries()) // coarser parsers have parts of their own
    if (index && seen.has(index) && !found.some((group) => group.indices.includes(index))) found.push({ key: one.name, labels: one.labels, indices: [index] });
  return [...found, { key: "picture", labels: [], indices: [] }];
}

// The effects for a group, those made for just that part first.
export function effectsFor(group, effects) {
  if (group.key === "picture") return effects.filter((one) => !one.parts.length || one.parts.length > 12);
  const fits = effects.filter((one) => one.parts.length <= 12 && group.labels.some((label) => one.parts.includes(label)) && (group.key !== "background" || one.parts.length === 1 || one.region === "background"));
  if (group.key === "background") return effects.filter((one) => one.region === "background" || (one.parts.length === 1 && one.parts[0] === "background") || one.kind === "cutout");
  return fits.sort((a, b) => a.parts.length - b.parts.length);
}
