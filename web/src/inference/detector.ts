/** Finds faces of any tilt: the whole picture at a glance, very small, and then windows on what may be a face. */

import { ModelError } from "../errors";
import { Box, type Detection } from "../face/values";
import type { Canvas } from "../picture";
import { Raster, type Window, clamp, rounded } from "../pixels/raster";
import { resizedBytes, shrunkTo } from "../pixels/resize";
import type { DetectorCard } from "./cards";
import type { Network } from "./network";
import { channelsFirst } from "./segmenter";

/** Score from which something needs no second look, if its side is within these, in the pixels that the network saw. */
const SURE = 0.5;
const CLEAR = [28, 96] as const;
/** Score from which something is worth one: of the sizes that the network sees well, and of others. */
const DOUBTED = 0.3;
const SEEN = [16, 250] as const;
const SUSPECTED = 0.1;
/** Where no face may be missed: from which side on, in pixels of the picture, and from which score on. */
const CAREFUL = [
  [24, 0.25],
  [12, 0.3],
] as const;

export class Detector {
  constructor(
    readonly card: DetectorCard,
    private readonly network: Network,
    private readonly threshold = card.threshold,
    private readonly smallest: number | null = null,
  ) {}

  /** What is seen by one that hardly misses a face; a head that it sees in several looks comes several times. */
  async detectCarefully(picture: Canvas, isFilm = false): Promise<Detection[]> {
    const found: Detection[] = [];
    for (const [side, score] of isFilm ? CAREFUL.slice(0, 1) : CAREFUL) {
      const looking = new Detector(this.card, this.network, Math.min(this.threshold, score), side);
      found.push(...(await looking.detect(picture)));
    }
    return found;
  }

  /** The faces in a picture, the surest first. */
  async detect(picture: Canvas): Promise<Detection[]> {
    const lookedAt = copies(picture, this.smallest ?? defaultSmallest(picture.height, picture.width));
    const { sure, unsure } = await this.atAGlance(lookedAt);
    const whole = new Copy(1, picture.height, picture.width, (window) => picture.bytes(window));
    const closer = await this.closer([whole, ...lookedAt], unsure);
    return withoutDoubles([...sure, ...closer])
      .filter((face) => face.score >= this.threshold)
      .map(({ x, y, side, roll, score, points }) => ({ box: Box.square([x, y], side), roll, score, points }));
  }

  private async atAGlance(lookedAt: Copy[]): Promise<{ sure: Found[]; unsure: Found[] }> {
    const sure: Found[] = [];
    const unsure: Found[] = [];
    for (const copy of lookedAt) {
      for (const tile of tiles(copy)) {
        const faces = await this.inTile(tile, Math.min(SUSPECTED, this.threshold));
        const isClear = ({ score, side }: Found): boolean => score >= SURE && side >= CLEAR[0] && side <= CLEAR[1];
        const isWorth = ({ score, side }: Found): boolean =>
          score >= (side >= SEEN[0] && side <= SEEN[1] ? Math.min(DOUBTED, this.threshold) : 0);
        sure.push(...withoutDoubles(faces.filter(isClear)).map((face) => moved(face, tile)));
        unsure.push(...withoutDoubles(faces.filter((face) => !isClear(face) && isWorth(face))).map((face) => moved(face, tile)));
      }
    }
    const settled = withoutDoubles(sure);
    // A cheek may be taken for a small face surely; the face round it, too large to be clear, is worth a look still. A box within
    // another shares all of itself with it, give or take what is rounded off, so that no share of it may tell.
    const doubtful = withoutDoubles(unsure).filter((face) => !settled.some((other) => isDouble(face, other, Infinity)));
    return { sure: settled, unsure: doubtful };
  }

  private async closer(among: Copy[], unsure: Found[]): Promise<Found[]> {
    const found: Found[] = [];
    const left = new Set(unsure);
    for (const suspect of unsure) {
      if (!left.has(suspect)) continue;
      const tile = windowOn(among, suspect);
      for (const other of unsure) if (isShownIn(tile, other)) left.delete(other);
      const faces = (await this.inTile(tile, this.threshold)).map((face) => moved(face, tile));
      found.push(...withoutDoubles(faces.filter((face) => isWhole(tile, face, among[0]))));
    }
    return found;
  }

  private async inTile({ rgb }: Tile, threshold: number): Promise<Found[]> {
    const { height, width } = rgb;
    const { data, dims } = await this.network.run({ data: channelsFirst(rgb), dims: [1, 3, height, width] });
    const cells = STRIDES.reduce((sum, stride) => sum + (height / stride) * (width / stride), 0);
    if (dims.length !== 3 || dims[1] !== cells || dims[2] !== CHANNELS) {
      throw new ModelError(`the detector ${this.card.name} gave an array of ${dims.join(" x ")}; allowed: 1 x ${cells} x ${CHANNELS}`);
    }
    return decode(data, height, width, threshold);
  }
}

/** A face: middle and side of its box, and the rest of a `Detection`. */
interface Found {
  x: number;
  y: number;
  side: number;
  score: number;
  roll: number;
  points: [number, number][];
}

const STRIDES = [8, 16, 32];
const CHANNELS = 16;
/** A code of the size outside of this is taken for it: sides from a seventh of a cell to over 200 cells. */
const SIZE_RANGE = [-3.3, 4] as const;

/**
 * The faces that codes tell of, whose score is at least `threshold`; several of each face. A picture is covered by a grid of cells
 * of 8 pixels, one of 16 and one of 32, each row by row, and a cell says of the face that it is part of: 0 score, 1-2 from the
 * cell's middle to the box's in cells, 3 logarithm of the box's side in fours of cells, 4-5 cosine and sine of the roll, 6-15 x and
 * y of the five points from the box's middle in sides.
 */
export function decode(codes: Float32Array, height: number, width: number, threshold: number): Found[] {
  const found: Found[] = [];
  let at = 0;
  for (const stride of STRIDES) {
    for (let row = 0; row < height / stride; row++) {
      for (let column = 0; column < width / stride; column++, at += CHANNELS) {
        if (!(codes[at] >= threshold)) continue;
        const x = (column + 0.5) * stride + codes[at + 1] * stride;
        const y = (row + 0.5) * stride + codes[at + 2] * stride;
        const side = 4 * stride * Math.exp(clamp(codes[at + 3], ...SIZE_RANGE));
        const points: [number, number][] = [];
        for (let p = at + 6; p < at + CHANNELS; p += 2) points.push([x + codes[p] * side, y + codes[p + 1] * side]);
        found.push({ x, y, side, score: codes[at], roll: (Math.atan2(codes[at + 5], codes[at + 4]) * 180) / Math.PI, points });
      }
    }
  }
  return found;
}

/** The surest of the boxes that are on one face, the surest first. */
function withoutDoubles(faces: Found[]): Found[] {
  const kept: Found[] = [];
  for (const face of [...faces].sort((a, b) => b.score - a.score)) {
    if (!kept.some((other) => isDouble(face, other))) kept.push(face);
  }
  return kept;
}

/** Whether two boxes are on one face: by what they share of both, or `within` the smaller one. */
function isDouble(face: Found, other: Found, within = 0.7): boolean {
  const along = (a: number, b: number): number =>
    Math.max(Math.min(a + face.side / 2, b + other.side / 2) - Math.max(a - face.side / 2, b - other.side / 2), 0);
  const shared = along(face.x, other.x) * along(face.y, other.y);
  const [area, second] = [face.side ** 2, other.side ** 2];
  return shared >= 0.4 * (area + second - shared) || shared > within * Math.min(area, second);
}

function moved(face: Found, { scale, x, y }: Tile): Found {
  const points = face.points.map(([a, b]): [number, number] => [a * scale + x, b * scale + y]);
  return { ...face, x: face.x * scale + x, y: face.y * scale + y, side: face.side * scale, points };
}

/** By default faces are looked for from this side on, in pixels, and in large pictures from this share of the longer side on. */
const SMALLEST = 24;
const SMALLEST_SHARE = 0.02;
/** The whole picture is looked at so small that the smallest face sought is this wide: enough for a suspicion. */
const SUSPECTED_AT = 12.8;
const MOST_PIXELS = 12_600_000;
/** Each copy is this much coarser than the one before; none follows one whose longer side is at most the second. */
const STEP = 4;
const COARSEST = 320;
/** Smaller pictures are enlarged to this, and none is shrunk to less. */
const LEAST = 160;
/** A piece is at most so wide and high, and shares so much with its neighbours that a face is whole in one of them. */
const TILE = 1024;
const SHARED = 224;
/** A window is so wide and high, and in it what is suspected to be a face is so wide. */
const WINDOW = 192;
const LOOKED_AT = 80;
const MULTIPLE = 32;

function defaultSmallest(height: number, width: number): number {
  return Math.max(SMALLEST, SMALLEST_SHARE * Math.max(height, width));
}

/** The picture enlarged by `scale`, which is mostly below 1; windows of it in bytes. */
class Copy {
  constructor(
    readonly scale: number,
    readonly height: number,
    readonly width: number,
    readonly part: (window: Window) => Raster,
  ) {}

  static of(bytes: Raster, scale: number): Copy {
    return new Copy(scale, bytes.height, bytes.width, (window) => bytes.part(window));
  }
}

/** A piece of floats, its sides multiples of 32. In the picture it is at (x, y), `scale` times as large. */
interface Tile {
  rgb: Raster;
  scale: number;
  x: number;
  y: number;
}

/** By how much a picture is enlarged to be looked at, the finest first. */
export function scales(height: number, width: number, smallest: number): number[] {
  const longer = Math.max(height, width);
  const least = LEAST / longer;
  const found = [Math.max(Math.min(1, SUSPECTED_AT / smallest, Math.sqrt(MOST_PIXELS / (height * width))), least)];
  while (longer * found[found.length - 1] > COARSEST) found.push(Math.max(found[found.length - 1] / STEP, least));
  return found;
}

/** The picture as it is looked at, the finest first; each is made from the one before. */
function copies(picture: Canvas, smallest: number): Copy[] {
  const { height, width } = picture;
  const made: Copy[] = [];
  let bytes: Raster = picture.bytes([0, 0, width, height]);
  let before = 1;
  for (const [index, scale] of scales(height, width, smallest).entries()) {
    const size = [Math.max(rounded(width * scale), 1), Math.max(rounded(height * scale), 1)] as const;
    bytes = index === 0 && scale < 1 ? inBytes(shrunkTo(bytes, ...size)) : enlargedBytes(bytes, scale / before);
    before = scale;
    made.push(Copy.of(bytes, scale));
  }
  return made;
}

function inBytes(values: Raster): Raster {
  return values.map(rounded);
}

/** A picture of bytes enlarged by a scale, to `most` pixels at most, averaged where it shrinks. */
function enlargedBytes(bytes: Raster, scale: number, most = Infinity): Raster {
  const width = Math.min(Math.max(rounded(bytes.width * scale), 1), most);
  const height = Math.min(Math.max(rounded(bytes.height * scale), 1), most);
  if (scale >= 1) return width === bytes.width && height === bytes.height ? bytes : resizedBytes(bytes, width, height);
  let halved = bytes;
  while (halved.height >= 4 * height && halved.width >= 4 * width) {
    const even: Window = [0, 0, halved.width & ~1, halved.height & ~1];
    halved = inBytes(shrunkTo(halved.part(even), even[2] / 2, even[3] / 2));
  }
  return inBytes(shrunkTo(halved, width, height));
}

function* tiles(copy: Copy): Generator<Tile> {
  for (const top of starts(copy.height)) {
    for (const left of starts(copy.width)) {
      const piece = copy.part([left, top, Math.min(left + TILE, copy.width), Math.min(top + TILE, copy.height)]);
      const [height, width] = [piece.height, piece.width].map((length) => Math.ceil(length / MULTIPLE) * MULTIPLE);
      yield { rgb: padded(piece, width, height), scale: 1 / copy.scale, x: left / copy.scale, y: top / copy.scale };
    }
  }
}

/** Where pieces begin that cover a length, evenly spread. */
function starts(length: number): number[] {
  const count = Math.max(Math.ceil((length - SHARED) / (TILE - SHARED)), 1);
  return count > 1 ? Array.from({ length: count }, (_, i) => rounded((i * (length - TILE)) / (count - 1))) : [0];
}

/** The surroundings of what may be a face, from the coarsest copy that is fine enough. */
function windowOn(among: Copy[], { x, y, side }: Found): Tile {
  const scale = LOOKED_AT / side;
  const enough = among.filter((copy) => copy.scale >= scale);
  const copy = enough.length ? enough.reduce((a, b) => (b.scale < a.scale ? b : a)) : among[0];
  const ratio = scale / copy.scale;
  const size = Math.max(rounded(WINDOW / ratio), 1);
  const begin = (middle: number, length: number): number =>
    Math.min(Math.max(rounded(middle * copy.scale - size / 2), 0), Math.max(length - size, 0));
  const [left, top] = [begin(x, copy.width), begin(y, copy.height)];
  const piece = copy.part([left, top, Math.min(left + size, copy.width), Math.min(top + size, copy.height)]);
  const shown = enlargedBytes(piece, ratio, WINDOW);
  return {
    rgb: padded(shown, WINDOW, WINDOW),
    scale: piece.width / shown.width / copy.scale,
    x: left / copy.scale,
    y: top / copy.scale,
  };
}

/** The piece as floats with grey to its right and below. */
function padded(piece: Raster, width: number, height: number): Raster {
  const result = new Raster(height, width, 3, new Float32Array(height * width * 3).fill(0.5));
  result.put(
    piece.map((value) => value / 255),
    0,
    0,
  );
  return result;
}

/** Whether a face is as well seen in a window as the one that it was made for: it is in it, at a similar size. */
function isShownIn({ rgb, scale, x, y }: Tile, face: Found): boolean {
  const seen = face.side / scale;
  const half = face.side / 2;
  const isInside =
    face.x - half >= x && face.y - half >= y && face.x + half <= x + rgb.width * scale && face.y + half <= y + rgb.height * scale;
  return isInside && seen >= 28 && seen <= 96;
}

/** Whether a face does not end where a window does, unless the picture ends there, too. */
function isWhole({ rgb, scale, x, y }: Tile, face: Found, picture: Copy): boolean {
  const slack = 0.1 * face.side;
  const along = (middle: number, start: number, length: number, limit: number): boolean => {
    const end = start + length * scale;
    const begins = middle - face.side / 2 >= start - slack || start <= 0;
    return begins && (middle + face.side / 2 <= end + slack || end >= limit);
  };
  return along(face.x, x, rgb.width, picture.width) && along(face.y, y, rgb.height, picture.height);
}
