import { describe, expect, it } from "vitest";
import { Box, type Detection } from "../src/face/values";
import type { Detector } from "../src/inference/detector";
import type { SegmenterCard } from "../src/inference/cards";
import { Segmenter } from "../src/inference/segmenter";
import { LABELS } from "../src/labels";
import { Frames } from "../src/parsing/frames";
import { Canvas } from "../src/picture";
import { Random, SeedSequence } from "../src/pixels/random";

const SIZE = 96;
const SIDE = 80;
/** Places, from the face's middle in its sides, half axes, and label: a face that is drawn in one grey a label. */
const PARTS: [number, number, number, number, string][] = [
  [0, 0, 0.5, 0.55, "skin"],
  [-0.2, -0.15, 0.1, 0.06, "right_eye"],
  [0.2, -0.15, 0.1, 0.06, "left_eye"],
  [-0.2, -0.3, 0.12, 0.05, "right_eyebrow"],
  [0.2, -0.3, 0.12, 0.05, "left_eyebrow"],
  [0, 0.02, 0.08, 0.14, "nose"],
  [0, 0.29, 0.16, 0.05, "upper_lip"],
  [0, 0.37, 0.16, 0.05, "lower_lip"],
];
const noise = new Random(new SeedSequence([1])).shares(240 * 320);
const greyOf = (label: number): number => 12 * label + 6;

function frame(x: number, y: number): Canvas {
  const data = new Uint8ClampedArray(4 * 240 * 320);
  for (let i = 0; i < 240 * 320; i++) {
    const [u, v] = [((i % 320) + 0.5 - x) / SIDE, (Math.floor(i / 320) + 0.5 - y) / SIDE];
    let label = 0;
    for (const [a, b, wide, high, name] of PARTS) if (((u - a) / wide) ** 2 + ((v - b) / high) ** 2 <= 1) label = LABELS.indexOf(name);
    data.fill(greyOf(label) + 2 * noise[i], 4 * i, 4 * i + 3);
  }
  return Canvas.of({ height: 240, width: 320, data });
}

/** A segmenter that reads labels off greys, and answers when it is told to. */
class Slow {
  waiting: (() => void)[] = [];
  count = 0;
  isHeld = false;

  segmenter(): Segmenter {
    const card = { name: "drawn", input: { size: [SIZE, SIZE] }, labels: { scheme: "celebamask", classes: LABELS } } as unknown as SegmenterCard;
    const run = async ({ data }: { data: Float32Array }): Promise<{ data: Float32Array; dims: number[] }> => {
      this.count++;
      if (this.isHeld) await new Promise<void>((resolve) => this.waiting.push(resolve));
      const area = SIZE * SIZE;
      const found = new Float32Array(LABELS.length * area);
      for (let i = 0; i < area; i++) found[Math.min(Math.floor((255 * data[i]) / 12), LABELS.length - 1) * area + i] = 1;
      return { data: found, dims: [1, LABELS.length, SIZE, SIZE] };
    };
    return new Segmenter(card, { run }, { size: SIZE, mirror: false, int8: false });
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("frames", () => {
  const started = async (): Promise<{ slow: Slow; frames: Frames; looks: () => number }> => {
    const slow = new Slow();
    let count = 0;
    const detect = async (): Promise<Detection[]> => {
      count++;
      return [{ box: Box.square([150, 115], 1.07 * SIDE), roll: 0, score: 1, points: [] }];
    };
    const frames = new Frames({ segmenter: slow.segmenter(), detector: { detect } as unknown as Detector, people: null });
    expect((await frames.parse(frame(150, 115))).faces.length).toBe(1);
    return { slow, frames, looks: () => count };
  };
  const middle = ({ faces }: Awaited<ReturnType<Frames["parse"]>>): [number, number] => {
    const { window } = faces[0].patch("lips");
    return [(window[0] + window[2]) / 2, (window[1] + window[3]) / 2];
  };

  it("are painted while networks look at them, with masks where the face is by then", async () => {
    const { slow, frames } = await started();
    slow.isHeld = true;
    const begun = slow.count;
    for (const [step, parsings] of [[1, 0], [2, 1], [3, 1]]) {
      const [x, y] = middle(await frames.parse(frame(150 + 3 * step, 115 + step)));
      expect(slow.count - begun).toBe(parsings);
      expect(Math.hypot(x - 150 - 3 * step, y - 115 - step - 0.33 * SIDE)).toBeLessThan(2);
    }
    // What is known two frames later is waited for, and moved to where the face is.
    const fourth = frames.parse(frame(162, 119));
    let isDone = false;
    fourth.then(() => {
      isDone = true;
    });
    await settled();
    expect(isDone).toBe(false);
    slow.isHeld = false;
    for (const go of slow.waiting) go();
    const [x, y] = middle(await fourth);
    expect(Math.hypot(x - 162, y - 119 - 0.33 * SIDE)).toBeLessThan(2);
    expect(slow.count - begun).toBeGreaterThan(1);
  });

  it("in which someone is to be hidden are each parsed before they are shown", async () => {
    const { slow, frames } = await started();
    for (let step = 1; step < 4; step++) {
      const begun = slow.count;
      const detector = { detectCarefully: async () => [] };
      Object.assign((frames as unknown as { parser: { detector: object } }).parser.detector, detector);
      await frames.parse(frame(150 + 3 * step, 115), { isPrivate: true });
      expect(slow.count).toBeGreaterThan(begun);
    }
  });

  it("tell what went wrong in what was under way", async () => {
    const { frames } = await started();
    const parser = (frames as unknown as { parser: { segmenter: Segmenter } }).parser;
    parser.segmenter = { size: SIZE, probabilities: async () => Promise.reject(new Error("no memory")) } as unknown as Segmenter;
    await frames.parse(frame(150, 115));
    await frames.parse(frame(151, 115));
    await settled();
    await expect(frames.parse(frame(152, 115))).rejects.toThrow("no memory");
  });

  it("are looked at again as a whole now and then, meanwhile", async () => {
    const { frames, looks } = await started();
    for (let step = 0; step < 35; step++) await frames.parse(frame(150 + (step % 3), 115));
    expect(looks()).toBe(2);
  });
});
