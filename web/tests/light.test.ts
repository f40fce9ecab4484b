import { describe, expect, it } from "vitest";

import { lightsOn, rowOf } from "../src/face/light";
import { FaceParsing, Plain } from "../src/face/values";
import { LABELS } from "../src/labels";
import { fromLinearAll } from "../src/pixels/color";
import { Raster } from "../src/pixels/raster";
import cases from "./cases.json";

const SIZE = 96;
type Part = readonly [label: string, x: number, y: number, across: number, down: number, red: number, green: number, blue: number];

/** A face of ellipses, each of a colour in linear light, as `make_cases.py` draws it, dimmed where and as much as is said. */
function drawn(parts: readonly Part[], dim: readonly (readonly [number, number, number])[]): [Raster, FaceParsing] {
  const crop = new Raster(SIZE, SIZE, 3, new Float32Array(3 * SIZE ** 2).fill(0.1));
  const probabilities = new Float32Array(LABELS.length * SIZE ** 2);
  for (let i = 0; i < SIZE ** 2; i++) {
    const [x, y] = [i % SIZE, Math.floor(i / SIZE)];
    const part = [...parts].reverse().find(([, left, top, across, down]) => ((x - left) / across) ** 2 + ((y - top) / down) ** 2 <= 1);
    probabilities[LABELS.indexOf(part?.[0] ?? "background") * SIZE ** 2 + i] = 1;
    const shares = dim.filter(([from, to]) => y >= from && y < to).map(([, , share]) => share);
    if (part) for (let c = 0; c < 3; c++) crop.data[3 * i + c] = shares.reduce((light, share) => light * share, part[5 + c] as number);
  }
  fromLinearAll(crop.data);
  return [crop, new FaceParsing(new Plain(SIZE, LABELS.length, probabilities), [1, 0, 0, 0, 1, 0])];
}

describe("the light on a face's parts", () => {
  it("is what Python tells of the same drawn faces", () => {
    const { parts, faces } = cases.lights as unknown as { parts: Part[]; faces: { dim: [number, number, number][]; lights: number[][] }[] };
    expect(faces.length).toBeGreaterThan(3);
    for (const { dim, lights } of faces) {
      const told = lightsOn(...drawn(parts, dim));
      lights.forEach((light, row) => light.forEach((strength, c) => expect(told[row][c] / strength).toBeCloseTo(1, 3)));
    }
  });

  it("is that of the mouth for what is painted at the mouth, and so on", () => {
    expect(["lips", "lips+skin", "eyes", "eyes+skin", "eyebrows", "skin", "face", "hair"].map(rowOf)).toEqual([1, 1, 2, 2, 3, 0, 0, 0]);
  });
});
