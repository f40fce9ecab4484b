/** Throwing the background out of focus. */

import { bordered, gaussian } from "../pixels/blur";
import { Enlarged, inCells } from "../pixels/cells";
import { fromLinear, linear } from "../pixels/color";
import { Raster, clamp } from "../pixels/raster";
import { Bits, depth } from "../pixels/shapes";
import { behind, inFront } from "./layers";
import type { Paint } from "./paint";

export interface BlurParameters {
  radius: number;
  falloff: number;
}

/** Discs are laid on a copy on which the largest has about this radius, in pixels. */
const DISC = 9;
/** Radii of the discs, as shares of the largest; between them the picture is mixed. */
const STEPS = [0.25, 0.5, 0.75, 1];
/** Distance from the person, in face units, at which things are as far away as they get. */
const FAR = 2;

/** Throw the background out of focus, as a lens does: each point of light becomes a disc, in linear light. */
export const blurBackground: Paint<BlurParameters> = ({ image, mask, unit }, { radius, falloff }) => {
  if (radius * unit < 0.5) return image;
  const cell = Math.max(Math.min(Math.floor((radius * unit) / DISC), mask.height, mask.width), 1);
  const light = behind(image, mask, cell).map(linear);
  const blurred = discs(light, (radius * unit) / cell, growth(inCells(mask, cell), unit / cell, falloff)).map(fromLinear);
  const back = new Enlarged(blurred, cell).part([0, 0, mask.width, mask.height]);
  const front = inFront(
    image,
    mask.map((value) => 1 - value),
    unit,
  );
  // The core will mix the back into the picture in the share of the background; where the picture's own colour is not the front's,
  // this makes up for the difference, and so may leave [0, 1].
  return image.map((value, k) => {
    const share = mask.data[Math.floor(k / 3)];
    if (share <= 0) return value;
    if (share >= 1) return back.data[k];
    return back.data[k] + ((front.data[k] - value) * (1 - share)) / Math.max(share, 1e-3);
  });
};

/** The radius at each point as a share of the largest. */
function growth(mask: Raster, unit: number, falloff: number): Raster {
  const away = depth(Bits.of(mask, (value) => value > 0.5));
  const { height, width } = mask;
  const shares = away.map((distance, i) => {
    const far = clamp(distance / (FAR * unit), 0, 1);
    const high = height > 1 ? 1 - Math.floor(i / width) / (height - 1) : 1;
    return 1 - 0.7 * falloff * (1 - far) * (1 - 0.7 * high);
  });
  return gaussian(shares, 3);
}

/** Each point spread over a disc of `radius` times the growth there, in pixels. */
function discs(light: Raster, radius: number, growth: Raster): Raster {
  const result = new Raster(light.height, light.width, 3);
  for (const step of STEPS) {
    const share = growth.map((value) => Math.max(1 - Math.abs(value - step) / STEPS[0], 0));
    if (!share.data.some((value) => value !== 0)) continue;
    addDisc(result, light, share, step * radius);
  }
  return result;
}

/** Add the mean over a disc about each pixel, in a share of it. Rows of the disc are sums that run along. */
function addDisc(result: Raster, light: Raster, share: Raster, radius: number): void {
  const { height, width } = light;
  const reach = Math.ceil(radius);
  const kernel: number[][] = [];
  let total = 0;
  for (let dy = -reach; dy <= reach; dy++) {
    const row: number[] = [];
    for (let dx = -reach; dx <= reach; dx++) {
      const value = clamp(radius + 0.5 - Math.hypot(dy, dx), 0, 1);
      row.push(value);
      total += value;
    }
    kernel.push(row);
  }
  // Within each row of the disc all but its ends count in full: those are taken from sums from the row's start on.
  const wide = width + 2 * reach + 1;
  const sums = new Float64Array(height * wide * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < wide - 1; x++) {
      const from = (y * width + bordered(x - reach, width, "reflect101")) * 3;
      const to = (y * wide + x) * 3;
      for (let c = 0; c < 3; c++) sums[to + 3 + c] = sums[to + c] + light.data[from + c];
    }
  }
  const full = kernel.map((row) => {
    const first = row.indexOf(1);
    return first < 0 ? null : ([first, row.lastIndexOf(1) + 1] as const);
  });
  const partial = kernel.map((row) => [...row.keys()].filter((x) => row[x] > 0 && row[x] < 1));
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const weight = share.data[i] / total;
      if (weight === 0) continue;
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let dy = 0; dy < kernel.length; dy++) {
          const start = (bordered(y + dy - reach, height, "reflect101") * wide + x) * 3 + c;
          const span = full[dy];
          if (span) sum += sums[start + 3 * span[1]] - sums[start + 3 * span[0]];
          for (const dx of partial[dy]) sum += kernel[dy][dx] * (sums[start + 3 * dx + 3] - sums[start + 3 * dx]);
        }
        result.data[3 * i + c] += weight * sum;
      }
    }
  }
}
