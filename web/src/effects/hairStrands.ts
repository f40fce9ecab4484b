/** The direction that hair runs in, and patterns drawn along it; on a small copy of the picture, on which a face is always the same size. */

import type { FaceView } from "../face/face";
import { bordered, gaussian } from "../pixels/blur";
import { toOklab } from "../pixels/color";
import { interpolated, quantile, quantiles } from "../pixels/lists";
import { smoothRamp } from "../pixels/masks";
import type { Random } from "../pixels/random";
import { Raster, clamp, rounded } from "../pixels/raster";
import { resizedSmoothly, shrunkTo } from "../pixels/resize";
import { perceived } from "./tone";

/** How many pixels of the small copy a face unit is. */
const DETAIL = 128;
/** Over how much of the hair a direction is gathered, in face units. */
const SMOOTH = 0.03;
/** Coherence of the structure tensor below which hair is all curls, and above which it is all strands. */
const ORDER = [0.1, 0.35] as const;
/** Steps along the strands to each side, in pixels of the small copy, and how many: short ones, and five times as long ones. */
const STEPS = [
  [1, 2],
  [5, 7],
] as const;

/** A head of hair on the small copy. */
export class Hair {
  private constructor(
    private readonly mask: Raster,
    /** Unit vectors along the strands; the sign means nothing. */
    private readonly direction: Raster,
    /** How much strands side by side run the same way, 0 to 1: little in curls. */
    readonly order: Raster,
    /** Where each pixel lies as seen from between the brows, in face units: towards the subject's left, and down the upright head. */
    readonly x: Raster,
    private readonly y: Raster,
    private readonly unit: number,
    private readonly size: { height: number; width: number },
  ) {}

  /** The hair in a part of a picture. */
  static in(image: Raster, mask: Raster, face: FaceView): Hair {
    const { height, width } = mask;
    const shrink = Math.min(DETAIL / face.unit, 1);
    const [across, down] = [width, height].map((length) => Math.max(rounded(length * shrink), 1));
    const inside = shrunkTo(mask, across, down);
    const lab = toOklab(shrunkTo(image, across, down));
    const light = inside.map((_, i) => perceived(lab.data[3 * i]));
    const [middleX, middleY] = face.face.box.center;
    const turn = (face.roll * Math.PI) / 180;
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const [x, y] = [new Raster(down, across), new Raster(down, across)];
    for (let row = 0, i = 0; row < down; row++) {
      for (let column = 0; column < across; column++, i++) {
        const dx = ((column + 0.5) * width) / across + face.window[0] - middleX;
        const dy = ((row + 0.5) * height) / down + face.window[1] - middleY;
        x.data[i] = (dx * cos + dy * sin) / face.unit;
        y.data[i] = (dy * cos - dx * sin) / face.unit + 0.5; // the box goes from the brows to the chin
      }
    }
    const { direction, order } = directionOf(light, inside, face.unit * shrink);
    return new Hair(inside, direction, order, x, y, face.unit * shrink, mask);
  }

  /** Values averaged along the strands: line integral convolution (Cabral and Leedom, SIGGRAPH 1993), twice, so that few steps reach far. */
  along(values: Raster): Raster {
    return STEPS.reduce((before, [step, count]) => this.averaged(before, step, count), values);
  }

  private averaged(values: Raster, step: number, count: number): Raster {
    const { direction } = this;
    return values.map((value, i) => {
      let total = value;
      const row = Math.floor(i / values.width);
      for (const sign of [-1, 1]) {
        let [x, y] = [i - row * values.width, row];
        let [u, v] = [sign * direction.data[2 * i], sign * direction.data[2 * i + 1]];
        for (let taken = 0; taken < count; taken++) {
          x += step * u;
          y += step * v;
          total += lookedUp(values, x, y);
          const next = 2 * (nearest(y, values.height) * values.width + nearest(x, values.width));
          const [nu, nv] = [direction.data[next], direction.data[next + 1]];
          const onward = u * nu + v * nv < 0 ? -1 : 1;
          [u, v] = [onward * nu, onward * nv];
        }
      }
      return total / (2 * count + 1);
    });
  }

  /** Random locks of about that width, in face units, and curls where there are no locks; evenly spread over 0 to 1 within the hair. */
  locks(random: Random, width: number): Raster {
    const { height, width: across } = this.mask;
    const noise = new Raster(height, across, 1, random.normal(height * across));
    const along = this.along(gaussian(noise, Math.max(0.4 * width * this.unit, 0.4)));
    const locks = this.ranked(gaussian(along, 0.6));
    const curls = this.ranked(gaussian(noise, Math.max(0.8 * width * this.unit, 0.4)));
    return this.ranked(locks.map((value, i) => value + (1 - this.order.data[i]) * (curls.data[i] - value)));
  }

  /** Which share of the hair has a lower value, 0 to 1. */
  ranked(values: Raster): Raster {
    const shares = Array.from({ length: 65 }, (_, i) => i / 64);
    const steps = quantiles(this.within(values), shares);
    return values.map((value) => interpolated(value, steps, shares));
  }

  /** The values where there is most surely hair. */
  private within(values: Raster): Float64Array {
    const least = 0.7 * this.mask.max;
    return Float64Array.from(values.data.filter((_, i) => this.mask.data[i] >= least));
  }

  /** How far from the roots, from 0 to about 1 at the tips: the distance from the scalp, which is about a circle round the brows. */
  fromRoots(): Raster {
    const distance = this.x.map((x, i) => Math.max(Math.hypot(x, this.y.data[i]) - 0.35, 0));
    const furthest = Math.max(quantile(this.within(distance), 0.95), 0.05);
    return distance.map((value) => value / furthest);
  }

  /** Shares brought back to the size of the picture, 0 to 1. */
  fullSize(values: Raster): Raster {
    return resizedSmoothly(values, this.size.width, this.size.height).map((value) => clamp(value, 0, 1));
  }
}

function nearest(place: number, length: number): number {
  return clamp(rounded(place), 0, length - 1);
}

/** A value between pixels, counted from the first one's middle, in 32nds of a pixel as OpenCV looks it up. */
export function lookedUp({ height, width, data }: Raster, x: number, y: number): number {
  const [fineX, fineY] = [rounded(x * 32) / 32, rounded(y * 32) / 32];
  const [left, top] = [Math.floor(fineX), Math.floor(fineY)];
  const [u, v] = [fineX - left, fineY - top];
  const [x0, x1] = [clamp(left, 0, width - 1), clamp(left + 1, 0, width - 1)];
  const [y0, y1] = [clamp(top, 0, height - 1) * width, clamp(top + 1, 0, height - 1) * width];
  return (data[y0 + x0] * (1 - u) + data[y0 + x1] * u) * (1 - v) + (data[y1 + x0] * (1 - u) + data[y1 + x1] * u) * v;
}

/** Across the direction in which lightness changes most, by the structure tensor (Förstner and Gülch 1987). */
function directionOf(light: Raster, mask: Raster, unit: number): { direction: Raster; order: Raster } {
  const { alongX, alongY } = slopes(light);
  const spread = Math.max(SMOOTH * unit, 0.5);
  // The edge of the hair tells nothing of its strands, and a bright edge within it is one vote among many.
  const inner = smoothRamp(gaussian(mask, spread), 0.7, 1).map((value) => value + 1e-3);
  const weight = inner.map((value, i) => value / (Math.hypot(alongX.data[i], alongY.data[i]) + 0.02));
  const gathered = (a: Raster, b: Raster): Raster => gaussian(weight.map((value, i) => value * a.data[i] * b.data[i]), spread);
  const [xx, yy, xy] = [gathered(alongX, alongX), gathered(alongY, alongY), gathered(alongX, alongY)];
  // As twice the angle, opposite directions are one; where strands cross or none can be seen, those round about decide.
  const near = gaussian(inner, 2 * spread);
  const votes = (of: (i: number) => number): Raster =>
    gaussian(inner.map((value, i) => (value * of(i)) / (xx.data[i] + yy.data[i] + 1e-6)), 2 * spread).map((value, i) => value / near.data[i]);
  const even = votes((i) => xx.data[i] - yy.data[i]);
  const odd = votes((i) => 2 * xy.data[i]);
  const direction = new Raster(light.height, light.width, 2);
  for (let i = 0; i < light.data.length; i++) {
    const angle = 0.5 * Math.atan2(odd.data[i], even.data[i]) + Math.PI / 2;
    direction.data[2 * i] = Math.cos(angle);
    direction.data[2 * i + 1] = Math.sin(angle);
  }
  return { direction, order: smoothRamp(even.map((value, i) => Math.hypot(value, odd.data[i])), ...ORDER) };
}

/** Sobel's slopes, across and down. */
function slopes({ height, width, data }: Raster): { alongX: Raster; alongY: Raster } {
  const [alongX, alongY] = [new Raster(height, width), new Raster(height, width)];
  for (let y = 0, i = 0; y < height; y++) {
    const rows = [-1, 0, 1].map((step) => bordered(y + step, height, "reflect101") * width);
    for (let x = 0; x < width; x++, i++) {
      const [left, right] = [bordered(x - 1, width, "reflect101"), bordered(x + 1, width, "reflect101")];
      const [above, own, below] = rows;
      const across = (row: number): number => data[row + right] - data[row + left];
      const sum = (row: number): number => data[row + left] + 2 * data[row + x] + data[row + right];
      alongX.data[i] = across(above) + 2 * across(own) + across(below);
      alongY.data[i] = sum(below) - sum(above);
    }
  }
  return { alongX, alongY };
}
