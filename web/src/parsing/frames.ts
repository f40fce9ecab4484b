/** Frames of a camera, one after the other: a face is parsed where it was a frame ago, and looked for anew now and then. */

import { FRAME_MASKS } from "../face/face";
import { Scene } from "../face/scene";
import { Box, type Detection } from "../face/values";
import type { Canvas } from "../picture";
import { BOX_PER_FACE } from "./measure";
import type { Parser } from "./parser";
import { type ParsedFace, faceOf, parseFace } from "./parseFace";
import { type Asked, distinct, withSightings } from "./pipeline";

/** All of a frame is looked at again after so many. */
const LOOK_AGAIN = 15;
/** A face is kept from this score on, and begins from the second. */
const KEPT = 0.6;
const BEGUN = 0.8;

export class Frames {
  private faces: ParsedFace[] = [];
  private since = LOOK_AGAIN;

  constructor(private readonly parser: Parser) {}

  async parse(picture: Canvas, { widely = false, isPrivate = false }: Asked = {}): Promise<Scene> {
    const isDue = ++this.since >= LOOK_AGAIN || !this.faces.length;
    const followed = await this.parsed(picture, this.faces.map(whereItWas), widely, KEPT);
    const isLost = followed.length < this.faces.length;
    if (isDue || isLost) {
      const found = (await this.parser.detector.detect(picture)).filter(({ box }) => !followed.some((face) => isOn(box, face.box)));
      followed.push(...(await this.parsed(picture, found, widely, BEGUN)));
      this.since = 0;
    }
    this.faces = distinct(followed);
    const faces = this.faces.map((face) => {
      const others = this.faces.filter((other) => other !== face).map((other) => other.box);
      return faceOf(face, others, picture, FRAME_MASKS);
    });
    const scene = new Scene(
      picture,
      faces.sort((a, b) => b.box.area - a.box.area),
    );
    return isPrivate ? withSightings(scene, this.parser, true) : scene;
  }

  private async parsed(picture: Canvas, found: readonly Detection[], widely: boolean, least: number): Promise<ParsedFace[]> {
    const faces: ParsedFace[] = [];
    for (const one of found) {
      const face = await parseFace(picture, one, this.parser.segmenter, widely);
      if (face && face.score >= least) faces.push(face);
    }
    return faces;
  }
}

function whereItWas({ box, roll, score }: ParsedFace): Detection {
  return { box: Box.square(box.center, BOX_PER_FACE * box.side), roll, score, points: [] };
}

function isOn(box: Box, face: Box): boolean {
  return box.shared(face) > 0.4 * Math.min(box.area, face.area);
}
