import assert from "node:assert/strict";
import { test } from "node:test";
import { effectsFor, groupsIn } from "../../src/facefx/studio/page/groups.js";

const CLASSES = [["background"], ["skin"], ["upper_lip"], ["lower_lip"], ["hair"], ["left_eye"], ["right_eye"]].map((labels) => ({ name: labels[0], labels }));
const EFFECTS = [
  { name: "recolor_lips", region: "lips", kind: "paint", parts: ["lower_lip", "upper_lip"] },
  { name: "make_up", region: "face", kind: "paint", parts: ["skin", "nose", "upper_lip", "lower_lip", "left_eye", "right_eye", "left_eyebrow"] },
  { name: "two", region: "lips+hair", kind: "paint", parts: ["hair", "lower_lip", "upper_lip"] },
  { name: "grade", region: "picture", kind: "paint", parts: [] },
  { name: "blur_background", region: "background", kind: "paint", parts: ["background"] },
  { name: "cutout", region: "person", kind: "cutout", parts: ["hair", "skin"] },
];
const names = (group) => effectsFor(group, EFFECTS).map((one) => one.name);

test("parts that are seen are groups, two lips one of them; the face, the background and the picture are there besides", () => {
  const found = groupsIn(CLASSES, new Set([0, 1, 2, 3, 4]));
  assert.deepEqual(found.map((one) => one.key), ["lips", "hair", "skin", "background", "face", "picture"]);
  assert.deepEqual(found[0].indices, [2, 3]);
  assert.deepEqual(found.find((one) => one.key === "face").indices, [2, 3, 1]);
});

test("without a face the background and the picture are left", () => {
  assert.deepEqual(groupsIn(CLASSES, new Set([0])).map((one) => one.key), ["background", "picture"]);
});

test("a class of a coarser parser is a group of its own", () => {
  const found = groupsIn([...CLASSES, { name: "mouth", labels: ["upper_lip", "inner_mouth", "lower_lip"] }], new Set([0, 7]));
  assert.deepEqual(found.map((one) => one.key), ["background", "mouth", "picture"]);
  assert.deepEqual(found[1].indices, [7]);
});

test("a part is offered the effects that are for it, those for it alone first", () => {
  const found = Object.fromEntries(groupsIn(CLASSES, new Set([0, 1, 2, 3, 4])).map((one) => [one.key, one]));
  assert.deepEqual(names(found.lips), ["recolor_lips", "two"]);
  assert.deepEqual(names(found.face), ["make_up"]);
  assert.deepEqual(names(found.picture), ["grade"]);
  assert.deepEqual(names(found.background), ["blur_background", "cutout"]);
});
