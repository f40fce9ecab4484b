/** The segmenter: an upright crop in, probabilities out. */

import { ModelError } from "../errors";
import { Plain } from "../face/values";
import { LABELS, MIRRORED } from "../labels";
import type { Raster } from "../pixels/raster";
import { type Quality, type Run, type SegmenterCard, checkSegmenter, runOf } from "./cards";
import type { Network } from "./network";

export class Segmenter {
  constructor(
    readonly card: SegmenterCard,
    private readonly network: Network,
    private readonly run: Run,
  ) {
    checkSegmenter(card);
  }

  static of(card: SegmenterCard, network: Network, quality: Quality): Segmenter {
    return new Segmenter(card, network, runOf(card, quality));
  }

  /** Side in pixels of the crops that it parses. */
  get size(): number {
    return this.run.size;
  }

  /** Probabilities of an upright crop of `size` pixels a side, RGB in [0, 1]. */
  async probabilities(crop: Raster): Promise<Plain> {
    const seen = await this.seen(crop, false);
    if (!this.run.mirror) return seen;
    const mirrored = await this.seen(crop, true);
    const { size, classes } = seen;
    for (let index = 0; index < classes; index++) {
      const own = seen.plane(index).data;
      const other = mirrored.plane(MIRRORED[index]).data;
      for (let y = 0, at = 0; y < size; y++) {
        for (let x = 0; x < size; x++, at++) own[at] = (own[at] + other[y * size + size - 1 - x]) / 2;
      }
    }
    return seen;
  }

  private async seen(crop: Raster, inMirror: boolean): Promise<Plain> {
    const { size } = this;
    const { data, dims } = await this.network.run({ data: channelsFirst(crop, inMirror), dims: [1, 3, size, size] });
    const expected = [1, LABELS.length, size, size];
    if (dims.length !== 4 || expected.some((length, axis) => dims[axis] !== length)) {
      throw new ModelError(`the model ${this.card.name} gave an array of ${dims.join(" x ")}; its card promises ${expected.join(" x ")}`);
    }
    return new Plain(size, LABELS.length, data);
  }
}

/** RGB pixel by pixel as three planes, maybe in the mirror. */
export function channelsFirst({ height, width, data }: Raster, inMirror = false): Float32Array {
  const area = height * width;
  const planes = new Float32Array(3 * area);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to++) {
      const from = 3 * (y * width + (inMirror ? width - 1 - x : x));
      planes[to] = data[from];
      planes[to + area] = data[from + 1];
      planes[to + 2 * area] = data[from + 2];
    }
  }
  return planes;
}
