/**
 * Hair's outline, dyed: what is mixed with a bright wall or skin must not pass for lit hair.
 *
 * Where hair ends, masks are nearly sure of pixels that are a tenth wall or forehead. In black hair a tenth is much: it is as light as
 * the lightest locks, and dyed blonde it would be a rim, lighter than the hair and than what is beside it. So along the outline, where
 * what is beyond is lighter than hair, hair has on the whole the colour that it has farther in. Single strands keep their light.
 */

import { Enlarged, broadly, cellOfMean } from "../pixels/cells";
import { ramped, smoothlyRamped } from "../pixels/masks";
import { type Raster, weighted } from "../pixels/raster";
import { Bits, depth } from "../pixels/shapes";

/** How deep hair is mixed with what is beyond, at most and nowhere more, and from how deep on it surely is not, in face units. */
const MIXED = [0.05, 0.14] as const;
const FARTHER_IN = 0.15;
/** Deviations over which hair farther in is gathered, and what is beyond; and over which the outline is seen, in face units. */
const ROUND_ABOUT = 0.13;
const SMOOTHLY = 0.02;
/** How much lighter than hair what is beyond must be, in grey from 0 to 1: not at all, and surely. */
const LIGHTER = [0.02, 0.12] as const;
/** How much lighter than farther in hair may be on the outline, OKLab with perceived lightness. */
const THROUGH = 0.035;
/** How much lighter than farther in hair is that is in the shade, and so is not mixed with what is lighter; and hair that is not. */
const SHADE = [-0.3, -0.15] as const;
/** How little of hair farther in is enough to know its colour. */
const ENOUGH = 0.003;

/** Where a head of hair may be mixed with something lighter, by the pixels of its copy. */
export class Outline {
  private constructor(
    private readonly share: Raster,
    /** How surely it is hair that is not mixed with anything. */
    private readonly fartherIn: Raster,
    /** From 0 to 1, how far its colour may be that of something else. */
    readonly mixed: Raster,
    private readonly unit: number,
  ) {}

  /** The outline of hair in a picture; null if it has none. */
  static of(image: Raster, share: Raster, unit: number): Outline | null {
    const beyond = share.map((value) => (value < 0.1 ? 1 : 0));
    if (beyond.max === 0) return null;
    const deep = depth(Bits.above(share, 0.9)).map((value) => value / unit);
    const fartherIn = deep.map((value) => ramped(value, 0, FARTHER_IN) ** 2);
    const grey = share.map((_, i) => 0.299 * image.data[3 * i] + 0.587 * image.data[3 * i + 1] + 0.114 * image.data[3 * i + 2]);
    const [behind, own] = [beyond, fartherIn].map((weight) => meanOf(grey, weight, ROUND_ABOUT * unit));
    const known = own.near.map(
      (near, i) => near * behind.near.data[i] * ramped(behind.mean.values.data[i] - own.mean.values.data[i], ...LIGHTER),
    );
    const lighter = new Enlarged(known, own.mean.cell).allOf(share);
    return new Outline(share, fartherIn, deep.map((value, i) => (1 - smoothlyRamped(value, ...MIXED)) * lighter.data[i]), unit);
  }

  /** Take the colour that is not its own off dyed hair, OKLab with perceived lightness, in place. */
  takeOff(light: Raster, a: Raster, b: Raster): void {
    const [inner, outer] = (
      [
        [this.fartherIn, ROUND_ABOUT],
        [this.share, SMOOTHLY],
      ] as const
    ).map(([weight, scale]) => [light, a, b].map((values) => meanOf(values, weight, scale * this.unit).mean.allOf(light).data));
    const mixed = this.mixed.data;
    for (let i = 0; i < mixed.length; i++) {
      const lighter = outer[0][i] - inner[0][i];
      const part = mixed[i] * ramped(lighter, ...SHADE);
      light.data[i] -= mixed[i] * Math.max(lighter - THROUGH, 0);
      a.data[i] += part * (inner[1][i] - outer[1][i]);
      b.data[i] += part * (inner[2][i] - outer[2][i]);
    }
  }
}

/** The weighted mean round about, and in its cells from 0 to 1 whether there is anything to take it from. */
function meanOf(values: Raster, weight: Raster, radius: number): { mean: Enlarged; near: Raster } {
  const cell = cellOfMean(radius, weight);
  const [total, sums] = [weight, weighted(values, weight)].map((raster) => broadly(raster, radius, cell));
  const mean = sums.map((sum, i) => sum / Math.max(total.data[i], 1e-6));
  return { mean: new Enlarged(mean, cell), near: total.map((value) => Math.min(value / ENOUGH, 1)) };
}
