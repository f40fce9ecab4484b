/** A face in a picture, and the face as an effect sees it. */

import { HAIR, indicesOf, isOfEyes } from "../labels";
import { endsNear, nearParsing } from "../parsing/wide";
import type { Canvas } from "../picture";
import { borrowing } from "../pixels/borrowed";
import { type Affine, type Windows, apply, chained, cropWindow, cut, fromCells, reduced, warpToWindow } from "../pixels/geometry";
import { NOWHERE, type Patch, toPicture } from "../pixels/fullSize";
import { Raster, type Window, rounded } from "../pixels/raster";
import type { Light } from "../pixels/relight";
import { Bits } from "../pixels/shapes";
import { type Landmarks, landmarksOf } from "./landmarks";
import { type Lights, lightsOn, rowOf } from "./light";
import { type Part, outline, outlineParsing } from "./outline";
import type { Box, Detection, FaceParsing } from "./values";

/** How finely the masks of a face are made. */
export interface MaskStyle {
  /** The edges of hair are fitted on cells of at least so many of the crop's own pixels. */
  coarse: number;
  /** A face whose side is longer than this, in pixels, gets its masks on a smaller copy of the picture. */
  largest: number;
}

/** As fine as can be, and fit for one frame of many. */
export const PHOTO_MASKS: MaskStyle = { coarse: 1, largest: Infinity };
export const FRAME_MASKS: MaskStyle = { coarse: 2, largest: 200 };

/** Width of the zone in which hair thins out, in face units. */
const FUZZ = 0.08;

export interface FaceFields {
  /** From the brows to the chin, in pixels of the picture; its side is the unit of lengths. */
  box: Box;
  /** Tilt of the head in degrees, positive when it is turned clockwise as one looks at the picture. */
  roll: number;
  /** How sure we are that this is a face, 0 to 1. */
  score: number;
  parsing: FaceParsing;
  /** The picture it was found in. */
  canvas: Canvas;
  maskStyle?: MaskStyle;
  /** What a more careful look of the detector says of it, for effects that hide. */
  sighted?: readonly Detection[];
  /** False for one that the detector saw and the parser did not, whose parsing is the outline of a head. */
  isParsed?: boolean;
  /** What tells `lightOn`, instead of measuring it: with a camera, what takes the frames before into account. */
  steadyLights?: Lights;
}

/** One face in a picture. */
export class Face {
  readonly box: Box;
  readonly roll: number;
  readonly score: number;
  readonly parsing: FaceParsing;
  readonly canvas: Canvas;
  readonly maskStyle: MaskStyle;
  readonly sighted: readonly Detection[];
  readonly isParsed: boolean;
  private readonly patches = new Map<string, Patch>();
  private nearFace: Face | null = null;
  private points: Landmarks | null = null;
  private seenIn: Lights | null;

  constructor(private readonly fields: FaceFields) {
    this.box = fields.box;
    this.roll = fields.roll;
    this.score = fields.score;
    this.parsing = fields.parsing;
    this.canvas = fields.canvas;
    this.maskStyle = fields.maskStyle ?? PHOTO_MASKS;
    this.sighted = fields.sighted ?? [];
    this.isParsed = fields.isParsed ?? true;
    this.seenIn = fields.steadyLights ?? null;
  }

  /** A face that was seen by a detector, in one place or in several, the likeliest first, and not parsed. */
  static onlySeen(sighted: readonly Detection[], canvas: Canvas): Face {
    const [first] = sighted;
    const { box, roll, score } = first;
    return new Face({ box, roll, score, parsing: outlineParsing(first), canvas, sighted, isParsed: false });
  }

  /** Whether it is one of many frames, of which nobody looks at one for long. */
  get isInFilm(): boolean {
    return this.maskStyle === FRAME_MASKS;
  }

  /** The face with some fields changed. */
  with(changed: Partial<FaceFields>): Face {
    return new Face({ ...this.fields, ...changed });
  }

  /** A region's mask where it is not zero; made once and kept. */
  patch(region: string): Patch {
    let patch = this.patches.get(region);
    if (!patch) {
      const made = (): Patch => styled(region, this.parsing, this.canvas, this.box.side, this.maskStyle);
      const copied = ({ window, mask }: Patch): Patch => ({ window, mask: mask.copy() });
      patch = this.isInFilm ? borrowing(made, copied) : made();
      this.patches.set(region, patch);
    }
    return patch;
  }

  /** A region's mask with all of the head's outline in it, for effects that hide. */
  hidingPatch(region: string): Patch {
    const { window, inside } = this.outline();
    const { window: place, mask } = this.patch(region);
    if (!mask.area || !inside.data.length) return mask.area ? { window: place, mask } : { window, mask: inside.raster };
    const both: Window = [
      Math.min(place[0], window[0]),
      Math.min(place[1], window[1]),
      Math.max(place[2], window[2]),
      Math.max(place[3], window[3]),
    ];
    const all = new Raster(both[3] - both[1], both[2] - both[0]);
    all.put(mask, place[0] - both[0], place[1] - both[1]);
    for (let i = 0; i < inside.data.length; i++) {
      if (!inside.data[i]) continue;
      const row = Math.floor(i / inside.width);
      all.data[(row + window[1] - both[1]) * all.width + (i - row * inside.width) + window[0] - both[0]] = 1;
    }
    return { window: both, mask: all };
  }

  /** Where the head, or the face alone, may be by what the detector says. */
  outline(part: Part = "head"): { window: Window; inside: Bits } {
    const measured = this.isParsed ? [{ box: this.box, roll: this.roll, score: this.score, points: [] }] : [];
    return outline([...measured, ...this.sighted], this.canvas, part);
  }

  /** The face by its near crop alone, if that shows all of a window and would do for a region; else the face itself. */
  seenNear(region: string, [x0, y0, x1, y1]: Window): Face {
    const near = nearParsing(this.parsing);
    if (near === this.parsing || endsNear(indicesOf(region))) return this;
    this.nearFace ??= this.with({ parsing: near });
    const corners = [apply(near.affine, x0, y0), apply(near.affine, x1, y0), apply(near.affine, x1, y1), apply(near.affine, x0, y1)];
    return corners.flat().every((value) => value >= 0 && value <= near.size) ? this.nearFace : this;
  }

  /** How strong the light is that a region of it is seen in, for red, green and blue. */
  lightOn(region: string): Light {
    if (!this.seenIn) {
      const near = nearParsing(this.parsing);
      this.seenIn = lightsOn(cut(this.canvas, near.affine, near.size), near);
    }
    return this.seenIn[rowOf(region)];
  }

  get landmarks(): Landmarks {
    this.points ??= landmarksOf(this.parsing);
    return this.points;
  }
}

/** A region's mask, made on a smaller copy where the face is larger than the style's `largest`, and enlarged again. */
function styled(region: string, parsing: FaceParsing, picture: Canvas, side: number, style: MaskStyle): Patch {
  const cell = Math.max(rounded(side / style.largest), 1);
  if (cell === 1) return fitted(region, parsing, parsing.affine, picture, side, style);
  // Whole pixels become one, which is much faster than other factors; less than one of them is left out at the far borders.
  const [x0, y0, x1, y1] = cropWindow(parsing.affine, parsing.size, picture.height, picture.width);
  const [width, height] = [Math.floor((x1 - x0) / cell), Math.floor((y1 - y0) / cell)];
  if (width < 1 || height < 1) return NOWHERE;
  const small = reduced(picture, [x0, y0, x0 + cell * width, y0 + cell * height], width, height);
  const affine = chained(fromCells(cell, cell, x0, y0), parsing.affine);
  const { window, mask } = fitted(region, parsing, affine, small, side / cell, style);
  if (!mask.area) return NOWHERE;
  const [left, top, right, bottom] = window;
  const there: Affine = [1 / cell, 0, -x0 / cell - left, 0, 1 / cell, -y0 / cell - top];
  const place: Window = [
    Math.max(x0 + cell * (left - 1), x0),
    Math.max(y0 + cell * (top - 1), y0),
    Math.min(x0 + cell * (right + 1), x1),
    Math.min(y0 + cell * (bottom + 1), y1),
  ];
  return { window: place, mask: warpToWindow(mask, there, place) };
}

/** The mask on a picture that shows the face `side` pixels large, and that `affine` takes to the parsing's crop. */
function fitted(region: string, parsing: FaceParsing, affine: Affine, picture: Windows, side: number, style: MaskStyle): Patch {
  const values = parsing.region(region);
  if (!indicesOf(region).includes(HAIR)) {
    // Hair has a colour of its own, strand by strand; lips, nose, brows and skin fade into each other. In an eye the dark iris
    // stands out more than the eye itself, so there the segmenter's own edge is best.
    return toPicture(values, affine, picture, { refine: !isOfEyes(region), byColour: false });
  }
  // Towards the background hair thins out, towards the face it ends.
  const background = parsing.region("background");
  const neighbours = new Raster(background.height, background.width);
  for (let i = 0; i < neighbours.data.length; i++) neighbours.data[i] = 1 - background.data[i] - values.data[i];
  return toPicture(values, affine, picture, { coarse: style.coarse, fuzz: FUZZ * side, neighbours });
}

/** A face as an effect sees it: in pixels of the part of the picture that the effect was given. */
export class FaceView {
  constructor(
    readonly face: Face,
    readonly window: Window,
    /** The light of the scene, where the part is shown as it would look in white light and what is painted is seen in that. */
    readonly light: Light | null = null,
  ) {}

  /** The face's size in pixels, which lengths are multiples of. */
  get unit(): number {
    return this.face.box.side;
  }

  get roll(): number {
    return this.face.roll;
  }

  get isInFilm(): boolean {
    return this.face.isInFilm;
  }

  get height(): number {
    return this.window[3] - this.window[1];
  }

  get width(): number {
    return this.window[2] - this.window[0];
  }

  get isParsed(): boolean {
    return this.face.isParsed;
  }

  /** The soft mask of another region of the face. */
  mask(region: string): Raster {
    const { window, mask } = this.face.seenNear(region, this.window).patch(region);
    const result = new Raster(this.height, this.width);
    result.put(mask, window[0] - this.window[0], window[1] - this.window[1]);
    return result;
  }

  /** How surely each square of so many pixels is of a region, as parsed. */
  roughly(region: string, cell: number): Raster {
    const { parsing } = this.face;
    const there = chained(fromCells(cell, cell, this.window[0], this.window[1]), parsing.affine);
    return warpToWindow(parsing.region(region), there, [0, 0, Math.ceil(this.width / cell), Math.ceil(this.height / cell)]);
  }

  /** Where the head, or the face alone, may be by what the detector says. What hides covers at least that. */
  outline(part: Part = "head"): Bits {
    const { window, inside } = this.face.outline(part);
    const result = new Raster(this.height, this.width);
    result.put(inside.raster, window[0] - this.window[0], window[1] - this.window[1]);
    return Bits.of(result, (value) => value > 0);
  }

  /** The face's points in pixels of that part. */
  get landmarks(): Landmarks {
    const { nose, chin } = this.face.landmarks;
    const here = ([x, y]: readonly [number, number]): [number, number] => [x - this.window[0], y - this.window[1]];
    return { nose: nose && { leftWing: here(nose.leftWing), rightWing: here(nose.rightWing) }, chin: chin && here(chin) };
  }
}
