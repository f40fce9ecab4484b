import { describe, expect, it } from "vitest";
import { FacesChoice } from "../src/effects/parameters";
import { isPrivate, looksWidely, readLook, savedLook, stepOf } from "../src/looks";

const saved = (step: object): string => JSON.stringify({ facefx_look: 1, seed: 0, steps: [step] });

describe("looks", () => {
  it("are read as Python saves them, and saved so that they are read again", () => {
    const look = readLook(saved({ use: "facefx:recolor_lips", version: "1", params: { color: "plum" } }));
    expect(look.steps[0].params).toMatchObject({ color: "#dda0dd", strength: 0.8, finish: "satin", faces: "all" });
    expect(readLook(JSON.stringify(savedLook(look)))).toEqual(look);
  });
  it.each([
    ["no JSON", "{", /a look is JSON/],
    ["no look", "[]", /not a facefx look/],
    ["an effect that only Python has", saved({ use: "facefx:slim_face", params: {} }), /does not have the effect "slim_face", Python does/],
    ["an effect that nobody has", saved({ use: "facefx:nothing" }), /there is no effect/],
    ["somebody else's", saved({ use: "mine:glitter" }), /is of "mine"/],
    ["an unknown parameter", saved({ use: "smooth_skin", params: { gloss: 1 } }), /has no parameter "gloss"; it has: strength/],
    ["a value out of range", saved({ use: "smooth_skin", params: { strength: 2 } }), /a number from 0 to 1, by default 0.7/],
    ["another version", saved({ use: "smooth_skin", version: "0" }), /saved for version "0"/],
  ])("say what is wrong: %s", (_, text, message) => {
    expect(() => readLook(text)).toThrow(message);
  });
  it("know what they need", () => {
    const of = (use: string) => ({ steps: [stepOf(use)], seed: 0 });
    expect([looksWidely(of("recolor_lips")), looksWidely(of("recolor_hair"))]).toEqual([false, true]);
    expect([isPrivate(of("recolor_lips")), isPrivate(of("anonymize"))]).toEqual([false, true]);
  });
});

describe("whose face", () => {
  const middles: [number, number][] = [[10, 10], [50, 10], [90, 10]];
  it.each([
    ["all", [0, 1, 2]],
    ["largest", [0]],
    ["0,2", [0, 2]],
    ["!1", [0, 2]],
    ["(40,0,60,20)", [1]],
  ])("%s", (text, expected) => {
    expect(FacesChoice.of(text)?.indices(middles)).toEqual(expected);
  });
  it("is nothing else", () => {
    for (const wrong of ["everyone", "-1", "", 1.5, null]) expect(FacesChoice.of(wrong)).toBeNull();
  });
});
