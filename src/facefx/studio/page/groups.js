// What a person calls a part of a face: several labels of the parser, in one word.

const GROUPS = [
  ["lips", ["upper_lip", "lower_lip"]], ["teeth", ["inner_mouth"]], ["eyes", ["left_eye", "right_eye"]], ["brows", ["left_eyebrow", "right_eyebrow"]],
  ["hair", ["hair"]], ["skin", ["skin"]], ["nose", ["nose"]], ["ears", ["left_ear", "right_ear"]], ["eyeglasses", ["eyeglasses"]], ["hat", ["hat"]],
  ["earring", ["earring"]], ["necklace", ["necklace"]], ["neck", ["neck"]], ["clothing", ["clothing"]], ["background", ["background"]],
];

const FACE = new Set(["lips", "teeth", "eyes", "brows", "skin", "nose", "eyeglasses"]);
// What works on more parts than these works on the face as a whole.
const MANY = 6;

// The groups that can be seen, by what the picture's pixels show: with the indices of its label picture.
export function groupsIn(classes, seen) {
  const found = [];
  for (const [key, labels] of GROUPS) {
    const indices = classes.flatMap((one, index) => (key === "background" ? index === 0 : one.labels.every((label) => labels.includes(label))) ? [index] : []);
    if (indices.some((index) => seen.has(index)) || key === "background") found.push({ key, labels, indices });
  }
  for (const [index, one] of classes.entries()) // coarser parsers have parts of their own
    if (index && seen.has(index) && !found.some((group) => group.indices.includes(index))) found.push({ key: one.name, labels: one.labels, indices: [index] });
  const face = found.filter((one) => FACE.has(one.key));
  if (face.length) found.push({ key: "face", labels: [], indices: face.flatMap((one) => one.indices) });
  return [...found, { key: "picture", labels: [], indices: [] }];
}

// The effects for a group, those made for just that part first.
export function effectsFor(group, effects) {
  if (group.key === "picture") return effects.filter((one) => !one.parts.length);
  if (group.key === "face") return effects.filter((one) => one.parts.length > MANY);
  if (group.key === "background") return effects.filter((one) => one.parts.includes("background") || one.kind === "cutout");
  return effects.filter((one) => one.parts.length <= MANY && group.labels.some((label) => one.parts.includes(label))).sort((a, b) => a.parts.length - b.parts.length || a.region.length - b.region.length || Number(a.from !== "facefx") - Number(b.from !== "facefx"));
}
