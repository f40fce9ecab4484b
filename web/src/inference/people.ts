/** The network that finds whole people: a whole picture in, how surely each place is part of a person out. */

import { ModelError, shown } from "../errors";
import type { Canvas } from "../picture";
import { reduced } from "../pixels/geometry";
import { Raster, rounded } from "../pixels/raster";
import { type Quality, type Run, type SegmenterCard, checkEnds, runOf } from "./cards";
import type { Network } from "./network";
import { channelsFirst } from "./segmenter";

/** What is beside a picture that is not square, as in training. */
const GREY = 128 / 255;

export class PeopleFinder {
  private constructor(
    private readonly card: SegmenterCard,
    private readonly network: Network,
    private readonly run: Run,
  ) {
    checkEnds(card);
    if (!card.labels.classes.includes("person")) {
      throw new ModelError(`the model ${shown(card.name)} does not tell person from background: its labels are ${card.labels.classes.join(", ")}`);
    }
  }

  static of(card: SegmenterCard, network: Network, quality: Quality): PeopleFinder {
    return new PeopleFinder(card, network, runOf(card, quality));
  }

  /** As large as the network sees the picture, which is shown to it unsqueezed, in the middle of its square. */
  async find(picture: Canvas): Promise<Raster> {
    const { size } = this.run;
    const scale = Math.min(size / picture.height, size / picture.width);
    const [width, height] = [picture.width, picture.height].map((length) => Math.max(rounded(length * scale), 1));
    const [left, top] = [Math.floor((size - width) / 2), Math.floor((size - height) / 2)];
    const seen = new Raster(size, size, 3, new Float32Array(3 * size * size).fill(GREY));
    seen.put(reduced(picture, [0, 0, picture.width, picture.height], width, height), left, top);
    const person = await this.answer(seen, false);
    const mirrored = this.run.mirror ? await this.answer(seen, true) : person;
    return person.map((value, i) => (value + mirrored.data[i]) / 2).part([left, top, left + width, top + height]);
  }

  private async answer(seen: Raster, inMirror: boolean): Promise<Raster> {
    const { size } = this.run;
    const { classes } = this.card.labels;
    const { data, dims } = await this.network.run({ data: channelsFirst(seen, inMirror), dims: [1, 3, size, size] });
    const expected = [1, classes.length, size, size];
    if (dims.length !== 4 || expected.some((length, axis) => dims[axis] !== length)) {
      throw new ModelError(`the model ${this.card.name} gave an array of ${dims.join(" x ")}; its card promises ${expected.join(" x ")}`);
    }
    const start = classes.indexOf("person") * size * size;
    return new Raster(size, size).map((_, i) => {
      const row = Math.floor(i / size) * size;
      return data[start + (inMirror ? row + size - 1 - (i - row) : i)];
    });
  }
}
