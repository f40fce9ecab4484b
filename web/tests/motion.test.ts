import { describe, expect, it } from "vitest";
import { Glimpse } from "../src/parsing/motion";
import { Canvas, type Photo } from "../src/picture";
import { type Affine, apply, chained, cropAffine, invert, warped } from "../src/pixels/geometry";
import { gaussian } from "../src/pixels/blur";
import { Random, SeedSequence } from "../src/pixels/random";
import { Raster, clamp } from "../src/pixels/raster";

const SIZE = 160;
const texture = (seed: number): Raster => {
  const noise = new Raster(240, 320, 1, new Random(new SeedSequence([seed])).normal(240 * 320));
  return gaussian(noise, 4).map((value) => clamp(0.5 + 3 * value, 0, 1));
};
const photoOf = ({ height, width, data }: Raster): Photo => {
  const bytes = new Uint8ClampedArray(4 * data.length);
  data.forEach((value, i) => bytes.fill(255 * value, 4 * i, 4 * i + 3));
  return { height, width, data: bytes };
};
/** A turn by degrees and a growth about a point, and a shift. */
const similarity = (degrees: number, growth: number, shift: readonly [number, number]): Affine => {
  const [cos, sin] = [growth * Math.cos((degrees * Math.PI) / 180), growth * Math.sin((degrees * Math.PI) / 180)];
  return chained(chained([1, 0, -160, 0, 1, -120], [cos, -sin, 0, sin, cos, 0]), [1, 0, 160 + shift[0], 0, 1, 120 + shift[1]]);
};

describe("the motion of a face", () => {
  const picture = texture(1);
  const affine = cropAffine([160, 120], 180, 5, SIZE);
  const glimpse = Glimpse.of(Canvas.of(photoOf(picture)), affine, SIZE);

  it.each([
    [0, 1, [0, 0]],
    [0, 1, [9, -6]],
    [6, 1.05, [-4, 3]],
    [-8, 0.94, [5, 5]],
  ] as const)("is found: turned by %s, %s times as large, shifted", (degrees, growth, shift) => {
    const moved = similarity(degrees, growth, shift);
    const now = Canvas.of(photoOf(warped(picture, moved, 320, 240, 0.5)));
    const found = glimpse.motion(now, affine, SIZE);
    expect(found).not.toBeNull();
    for (const [x, y] of [[160, 120], [130, 100], [185, 150]] as const) {
      const [a, b] = [apply(moved, x, y), apply(found as Affine, x, y)];
      expect(Math.hypot(a[0] - b[0], a[1] - b[1])).toBeLessThan(0.5);
    }
  });
  it("is told from where the face was last, and undone by its inverse", () => {
    const moved = similarity(4, 1, [14, 2]);
    const now = Canvas.of(photoOf(warped(picture, moved, 320, 240, 0.5)));
    const rest = glimpse.motion(now, chained(invert(moved), affine), SIZE) as Affine;
    expect(Math.hypot(...apply(rest, 174, 122).map((value, i) => value - [174, 122][i]))).toBeLessThan(0.5);
  });
  it("is not found where something else is to be seen", () => {
    expect(glimpse.motion(Canvas.of(photoOf(texture(2))), affine, SIZE)).toBeNull();
    expect(glimpse.motion(Canvas.of(photoOf(new Raster(240, 320).map(() => 0.5))), affine, SIZE)).toBeNull();
  });
});
