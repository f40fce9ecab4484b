import { describe, expect, it } from "vitest";
import { HeadOfHair } from "../src/effects/hairDye";
import { Outline } from "../src/effects/hairOutline";
import type { Supplied } from "../src/effects/paint";
import { worn } from "../src/effects/hairWorn";
import { recolorHair } from "../src/effects/recolorHair";
import { FaceParsing, Plain } from "../src/face/values";
import { withSmallEyes } from "../src/parsing/smallEyes";
import { withoutStrays } from "../src/parsing/strays";
import { box, gaussian } from "../src/pixels/blur";
import { inCells } from "../src/pixels/cells";
import { deltaE, fromOklab, oklabOf, ofHex, toOklab } from "../src/pixels/color";
import { quantiles } from "../src/pixels/lists";
import { toPicture } from "../src/pixels/fullSize";
import { expOf, logOf } from "../src/pixels/logarithms";
import { covarianceOf, product, withValues } from "../src/pixels/matrices";
import { Random, SeedSequence } from "../src/pixels/random";
import { Raster, clamp } from "../src/pixels/raster";
import { inItsLight, inWhiteLight } from "../src/pixels/relight";
import { resized, resizedBytes, resizedSmoothly, shrunkTo } from "../src/pixels/resize";
import { seenThrough } from "../src/pixels/seeingThrough";
import { Bits, connected, depth, fillHoles } from "../src/pixels/shapes";
import cases from "./cases.json";

type Color = [number, number, number];
const soft = new Raster(9, 11, 1, Float32Array.from(cases.soft));
const furthest = (found: Raster, expected: number[]): number => {
  expect(found.data.length).toBe(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(value - found.data[i])));
};

describe("what OpenCV does", () => {
  it("enlarges bytes to the same bytes", () => {
    const found = resizedBytes(new Raster(9, 11, 3, Float32Array.from(cases.byte)), 17, 20);
    expect(furthest(found, cases.enlarged)).toBe(0);
  });
  it("enlarges, shrinks and blurs masks", () => {
    expect(furthest(resized(soft, 17, 20), cases.softEnlarged)).toBeLessThan(1e-5);
    expect(furthest(resizedSmoothly(soft, 17, 20), cases.cubic)).toBeLessThan(1e-5);
    expect(furthest(shrunkTo(soft, 4, 5), cases.shrunk)).toBeLessThan(1e-5);
    expect(furthest(gaussian(soft, 1.5), cases.gaussian)).toBeLessThan(1e-5);
  });
  it("takes means of squares, small and large, across borders", () => {
    const values = new Raster(21, 30, 2, new Random(new SeedSequence([3])).normal(21 * 30 * 2));
    const reflected = (at: number, length: number): number => (at < 0 ? -1 - at : at >= length ? 2 * length - 1 - at : at);
    for (const reach of [1, 4, 17]) {
      const found = box(values, reach, "reflect");
      for (const [y, x, c] of [[0, 0, 0], [10, 15, 1], [20, 29, 1], [3, 28, 0]]) {
        let total = 0;
        for (let dy = -reach; dy <= reach; dy++) {
          for (let dx = -reach; dx <= reach; dx++) total += values.data[(reflected(y + dy, 21) * 30 + reflected(x + dx, 30)) * 2 + c];
        }
        expect(found.data[(y * 30 + x) * 2 + c]).toBeCloseTo(total / (2 * reach + 1) ** 2, 5);
      }
    }
  });
  it("measures how deep inside a shape a pixel is", () => {
    expect(furthest(depth(new Bits(16, 20, Uint8Array.from(cases.inside))), cases.depth)).toBeLessThan(1e-4);
  });
});

describe("colours", () => {
  it("are OKLab as Python has it, there and back", () => {
    for (const [i, color] of cases.colors.entries()) {
      oklabOf(color as Color).forEach((value, c) => {
        expect(value).toBeCloseTo(cases.oklab[i][c], 4);
      });
    }
    const all = new Raster(1, cases.colors.length, 3, Float32Array.from(cases.colors.flat()));
    expect(furthest(fromOklab(toOklab(all)), cases.colors.flat())).toBeLessThan(2e-3);
  });
  it("differ by CIEDE2000", () => {
    cases.deltaE.forEach((expected, i) => {
      expect(deltaE(cases.colors[i] as Color, cases.colors[i + 6] as Color)).toBeCloseTo(expected, 2);
    });
  });
});

describe("quantiles", () => {
  it.each([1, 2, 7, 5000])("of %s values are those of the sorted list", (count) => {
    for (const values of [new Random(new SeedSequence([count])).normal(count), new Float32Array(count).fill(0.3)]) {
      const sorted = values.slice().sort();
      const shares = [0, 0.002, 0.25, 0.5, 0.998, 1];
      quantiles(values, shares).forEach((found, k) => {
        const place = shares[k] * (count - 1);
        const [below, above] = [Math.floor(place), Math.ceil(place)].map((rank) => sorted[rank]);
        expect(found).toBeCloseTo(below + (place - Math.floor(place)) * (above - below), 6);
      });
    }
  });
});

describe("logarithms", () => {
  it("and powers by tables are as right as floats are", () => {
    for (let power = -30; power < 30; power += 0.0137) {
      expect(Math.abs(expOf(power) / Math.exp(power) - 1)).toBeLessThan(1e-7);
      const value = Math.fround(Math.exp(power));
      expect(Math.abs(logOf(value) - Math.log(value))).toBeLessThan(1e-7);
    }
    expect([logOf(1), expOf(0)]).toEqual([0, 1]);
  });
});

describe("shapes", () => {
  it("has parts that corners join, or not, and no holes once filled", () => {
    const ring = new Bits(5, 5, Uint8Array.from([1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
    expect(connected(ring, 8).count).toBe(1);
    expect(connected(ring, 4).count).toBe(2);
    expect(fillHoles(ring.raster).data[6]).toBe(1);
  });
});

describe("chance", () => {
  it("is numpy's, number by number", () => {
    expect(new SeedSequence([7, 2n ** 60n + 3n, 0]).words(5)).toEqual(cases.seedWords);
    const found = new Random(new SeedSequence([1, 2, 3])).normal(20_000).filter((_, i) => i % 40 === 0);
    cases.normal.forEach((expected, i) => {
      expect(found[i]).toBeCloseTo(expected, 5);
    });
    const shares = new Random(new SeedSequence([1, 2, 3])).shares(5);
    cases.shares.forEach((expected, i) => {
      expect(shares[i]).toBeCloseTo(expected, 6);
    });
  });
});

describe("matrices", () => {
  it("have roots", () => {
    const matrix = covarianceOf([[1, 2, 4, 3], [2, 1, 0, 5], [1, 1, 3, 0]]);
    const root = withValues(matrix, Math.sqrt);
    product(root, root).flat().forEach((value, i) => {
      expect(value).toBeCloseTo(matrix.flat()[i], 12);
    });
  });
});

describe("hair", () => {
  const noise = new Random(new SeedSequence([0])).shares(30 * 40 * 3);
  const across = (i: number): number => i % 40;
  const image = new Raster(30, 40, 3).map((_, k) => [0.3, 0.2, 0.14][k % 3] * (0.6 + (noise[k] * across(Math.floor(k / 3))) / 40));
  const mask = new Raster(30, 40).map((_, i) => clamp((across(i) - 14) / 4, 0, 1));
  const head = HeadOfHair.of(image, mask, 260);
  it("has the statistics that Python finds", () => {
    head.statistics.numbers().forEach((value, i) => {
      expect(value, `number ${i}`).toBeCloseTo(cases.hair.statistics[i], 3);
    });
  });
  it("is what Python makes of it in another colour", () => {
    const share = inCells(mask, head.cell).data;
    const found = head.grown("#d8b06a").values;
    for (const [c, most] of [1e-3, 1e-3, 1e-3, 1e-3, 1e-2].entries()) {
      const there = found.plane(c).data.filter((_, i) => share[i] > 0);
      expect(furthest(new Raster(1, there.length, 1, there), cases.hair.blonde.map((pixel) => pixel[c])), `channel ${c}`).toBeLessThan(most);
    }
  });
  it.each(Object.keys(cases.hair.dyed) as ("130" | "260")[])("is dyed as Python dyes it, of a face of %s pixels", (unit) => {
    const roughly = (region: string, cell: number): Raster => new Raster(Math.ceil(30 / cell), Math.ceil(40 / cell)).map(() => Number(region === "hair"));
    const supplied = { image, mask, unit: Number(unit), face: { isInFilm: false, unit: Number(unit), roughly } } as unknown as Supplied;
    const params = { color: "#d8b06a", strength: 0.8, pattern: "full", second: "#e58fb5", natural: false } as const;
    const dyed = recolorHair(supplied, params);
    cases.hair.dyed[unit].forEach((pixel, i) => {
      const at = 3 * (3 * Math.floor(i / 14) * 40 + 3 * (i % 14));
      pixel.forEach((value, c) => {
        expect(Math.abs(value - dyed.data[at + c]), `pixel ${i}`).toBeLessThan(2e-3);
      });
    });
  });
});

describe("a light colour", () => {
  it("is worn as Python has it worn in the light of a scene", () => {
    for (const [code, light, expected] of cases.worn.cases as unknown as [string, Color, Color][]) {
      worn(ofHex(code), light).forEach((value, c) => {
        expect(value, `${code} in ${light}`).toBeCloseTo(expected[c], 4);
      });
    }
  });
});

describe("the light of a scene", () => {
  const colors = cases.colors.flat();
  const image = new Raster(1, 2 * cases.colors.length, 3, Float32Array.from([...colors, ...colors.map((value) => value / 20)]));
  it.each(cases.relit.cases as unknown as [Color, number[], number[]][])("of %s is taken off and put on as in Python", (light, expected, back) => {
    const white = inWhiteLight(image, light);
    expect(furthest(white, expected)).toBeLessThan(1e-5);
    const painted = white.map((value) => (value > 0.3 ? value * 0.8 + 0.1 : value));
    expect(furthest(inItsLight(image, white, painted, light, new Raster(1, image.width).map(() => 1)), back)).toBeLessThan(1e-5);
  });
});

describe("curls", () => {
  const at = (i: number): [number, number] => [(i % 60) - 30, Math.floor(i / 60) - 30];
  const mask = new Raster(60, 60).map((_, i) => clamp(27.5 - Math.hypot(...at(i)), 0, 1));
  const image = new Raster(60, 60, 3).map((_, k) => {
    const [x, y] = at(Math.floor(k / 3));
    const far = Math.hypot(x, y);
    const alpha = far < 15 ? 1 : clamp(2 * (Math.cos(14 * Math.atan2(y, x)) - (far - 20) / 6) + 0.5, 0, 1);
    return alpha * [0.08, 0.06, 0.05][k % 3] + (1 - alpha) * (0.85 - 0.003 * x);
  });
  it("let as much be seen through as in Python", () => {
    const about = (cell: number): [Raster, Raster] => [inCells(mask, cell), inCells(mask, cell).map(() => 0.25)];
    const found = seenThrough(mask, image, 60, about);
    expect(furthest(found, cases.curls)).toBeLessThan(2e-3);
    expect(furthest(found, [...mask.data])).toBeGreaterThan(0.5);
  });
  it("that are smooth and shine stay hair as in Python", () => {
    const smooth = new Raster(60, 60, 3).map((_, k) => {
      const [x, y] = at(Math.floor(k / 3));
      const alpha = Math.hypot(x, y) < 27.5 ? 1 - 0.35 * Math.exp(-((y / 6) ** 2)) * clamp((x - 12) / 12, 0, 1) : 0;
      return alpha * [0.08, 0.06, 0.05][k % 3] + (1 - alpha) * (0.85 - 0.003 * x);
    });
    const about = (cell: number): [Raster, Raster] => [inCells(mask, cell), inCells(mask, cell).map(() => 0.25)];
    expect(furthest(seenThrough(mask, smooth, 60, about), cases.shine)).toBeLessThan(2e-3);
  });
});

describe("a mask", () => {
  const at = (i: number, side: number): [number, number] => [(i % side) - (side - 1) / 2, Math.floor(i / side) - (side - 1) / 2];
  const values = new Raster(64, 64).map((_, i) => clamp(0.5 + (20 - Math.hypot(...at(i, 64))) / 6, 0, 1));
  const neighbours = new Raster(64, 64).map((_, i) => clamp(0.5 + (at(i, 64)[0] - 22) / 6, 0, 1));
  it.each([
    ["0.45", 120],
    ["2.3", 30],
  ] as const)("is fitted to a picture as in Python, %s of its crop's scale", (name, side) => {
    const scale = Number(name);
    const image = new Raster(side, side, 3).map((_, k) => {
      const [x, y] = [(Math.floor(k / 3) % side) - side / 2, Math.floor(k / 3 / side) - side / 2];
      const share = clamp(((21 / scale - Math.hypot(x, 1.1 * y)) * scale) / 3 + 0.5, 0, 1);
      return 0.8 - share * [0.7, 0.65, 0.6][k % 3] + 0.05 * Math.sin(x / 3 / scale);
    });
    const affine = [scale, 0.1 * scale, 32 - 0.55 * side * scale, -0.1 * scale, scale, 32 - 0.45 * side * scale] as const;
    const { window, mask } = toPicture(values, affine, image, { fuzz: 9 / scale, neighbours });
    expect(window).toEqual(cases.fitted[name].window);
    const some = mask.data.filter((_, i) => (i % mask.width) % 3 === 0 && Math.floor(i / mask.width) % 3 === 0);
    expect(furthest(new Raster(1, some.length, 1, some), cases.fitted[name].mask)).toBeLessThan(1e-4);
  });
});

describe("hair's outline", () => {
  it("loses as much of a light rim as in Python", () => {
    const far = new Raster(60, 60).map((_, i) => Math.hypot((i % 60) - 30, Math.floor(i / 60) - 30));
    const share = far.map((value) => clamp(24.5 - value, 0, 1));
    const image = new Raster(60, 60, 3).map((_, k) => 0.1 + 0.7 * (1 - share.data[Math.floor(k / 3)]));
    const found = [far.map((value) => 0.4 + value / 60), far.map((value) => value / 300), far.map((value) => -value / 200)];
    Outline.of(image, share, 60)?.takeOff(found[0], found[1], found[2]);
    found.forEach(({ data }, c) => {
      for (let i = 0; i < 400; i++) {
        const at = 180 * Math.floor(i / 20) + 3 * (i % 20);
        if (share.data[at] > 0) expect(Math.abs(data[at] - cases.outline[400 * c + i]), `${c} at ${at}`).toBeLessThan(4e-3);
      }
    });
    expect(found[0].data[30 * 60 + 50]).toBeLessThan(0.4 + 20 / 60 - 0.02);
  });
});

describe("eyes of small faces", () => {
  const before = new Plain(6, 19, Float32Array.from(cases.smallEyes.before));
  const enlarged = (times: number) => new FaceParsing(before, [times, 0, 1, 0, times, 2]);
  it("are as likely as in Python", () => {
    const after = withSmallEyes(enlarged(2.5), 1.4).probabilities as Plain;
    expect(furthest(new Raster(6, 6, 19, after.data), cases.smallEyes.after)).toBeLessThan(1e-3);
  });
  it("stay as they are on a crop that was not enlarged", () => {
    expect(withSmallEyes(enlarged(0.5), 1.4).probabilities).toBe(before);
    expect(withSmallEyes(enlarged(2.5), 0).probabilities).toBe(before);
  });
});

describe("eyes where no face has any", () => {
  const before = new Plain(24, 19, Float32Array.from(cases.strays.before));
  const likeliest = ({ data }: Plain, at: number): number => {
    const seen = [...Array(19).keys()].map((index) => data[index * 24 ** 2 + at]);
    return seen.indexOf(Math.max(...seen));
  };
  it("are what Python takes them for", () => {
    const after = withoutStrays(new FaceParsing(before, [1, 0, 0, 0, 1, 0])).probabilities as Plain;
    expect([...Array(24 ** 2).keys()].map((at) => likeliest(after, at))).toEqual(cases.strays.after);
    expect(after.data).not.toEqual(before.data);
  });
});
