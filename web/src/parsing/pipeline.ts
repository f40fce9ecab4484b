/** From a picture to a `Scene`: every face is detected, cut out upright, and parsed. */

import { Face } from "../face/face";
import { Scene } from "../face/scene";
import { Box, type Detection } from "../face/values";
import type { Canvas } from "../picture";
import { FACE_PER_CROP, LIFT, headCrop, parseCrop } from "./crop";
import { type Measured, measure } from "./measure";
import { type ParsedFace, faceOf, parseFace } from "./parseFace";
import type { Parser } from "./parser";

/** From this score on a face is sure; below the second it is doubtful. */
const SURE = 0.9;
const DOUBTFUL = 0.8;

export interface Asked {
  /** Whether hair that leaves a face's crop is followed. */
  widely?: boolean;
  /** Whether no face may be missed, since something hides them. */
  isPrivate?: boolean;
  /** Whether whole people, or what is behind them, are asked for. */
  wholly?: boolean;
}

export async function parsePicture(picture: Canvas, parser: Parser, { widely = true, isPrivate = false }: Omit<Asked, "wholly"> = {}): Promise<Scene> {
  const { segmenter, detector } = parser;
  const parsed = async (found: Detection[]): Promise<ParsedFace[]> => {
    const faces: ParsedFace[] = [];
    for (const one of found) {
      const face = await parseFace(picture, one, segmenter, widely);
      if (face) faces.push(face);
    }
    return faces;
  };
  let faces = distinct(await parsed(await detector.detect(picture)));
  if (!faces.some((face) => face.score >= SURE)) {
    const more = await parsed(await searchByParsing(picture, parser));
    faces = distinct([...faces, ...more.filter((face) => face.score >= DOUBTFUL)]); // one witness: a sure one
  }
  const isSure = faces.some((face) => face.score >= SURE);
  faces = faces.filter((face) => face.score >= DOUBTFUL || !isSure); // a doubtful face is better than none
  const scene = new Scene(
    picture,
    faces
      .map((face) => {
        const others = faces.filter((other) => other !== face).map((other) => other.box);
        return faceOf(face, others, picture);
      })
      .sort((a, b) => b.box.area - a.box.area),
  );
  return isPrivate ? withSightings(scene, parser) : scene;
}

/** The surest faces, without those that are the same one found twice. */
export function distinct<F extends { box: Box; score: number }>(faces: readonly F[]): F[] {
  const kept: F[] = [];
  for (const face of [...faces].sort((a, b) => b.score - a.score)) {
    if (!kept.some((other) => face.box.shared(other.box) > 0.4 * Math.min(face.box.area, other.box.area))) kept.push(face);
  }
  return kept;
}

/** The scene with what a network says of whole people, if there is one; asked once. */
export async function withPeople(scene: Scene, { people }: Parser): Promise<Scene> {
  if (scene.people || !people || !scene.faces.length) return scene;
  return scene.withPeople(await (await people()).find(scene.faces[0].canvas));
}

/** Where a detector found nothing: parse the whole picture coarsely, upright and turned, and take the likeliest face in it. */
async function searchByParsing(picture: Canvas, { segmenter }: Parser): Promise<Detection[]> {
  const { height, width } = picture;
  const side = Math.max(height, width) / FACE_PER_CROP;
  const box = Box.square([width / 2, height / 2 + LIFT * side], side);
  let best: Measured | null = null;
  for (const roll of [0, 90, -90, 180]) {
    const turned: Detection = { box, roll, score: 0, points: [] };
    const measured = measure(await parseCrop(picture, headCrop(turned, segmenter.size), segmenter), turned);
    if (measured && (!best || measured.detection.score > best.detection.score + 0.05)) best = measured;
  }
  return best ? [best.detection] : [];
}

/** Two boxes are of one head if they share this much of the smaller one, and are of about one size. */
const SHARED = 0.5;
const SIZES = 2;
/** So much of an unsure sight lies in the picture; from this score on it is sure. */
const INSIDE = 0.25;
const BELIEVED = 0.5;

/** The scene with what a careful look of the detector sees: of its faces, and of others, which become `Scene.seen`. */
export async function withSightings(scene: Scene, { detector }: Parser, isFilm = false): Promise<Scene> {
  const { canvas } = scene;
  const whole = new Box(0, 0, canvas.width, canvas.height);
  const found = (await detector.detectCarefully(canvas, isFilm))
    .filter(({ box, score }) => score >= BELIEVED || box.shared(whole) >= INSIDE * box.area)
    .sort((a, b) => b.score - a.score);
  const ofFaces: Detection[][] = scene.faces.map(() => []);
  const others: Detection[][] = [];
  for (const one of found) {
    const owner = sameHead(
      one.box,
      scene.faces.map((face) => face.box),
    );
    const other = sameHead(
      one.box,
      others.map(([first]) => first.box),
    );
    if (owner >= 0) ofFaces[owner].push(one);
    else if (other >= 0) others[other].push(one);
    else others.push([one]);
  }
  const faces = scene.faces.map((face, index) => (ofFaces[index].length ? face.with({ sighted: ofFaces[index] }) : face));
  const seen = others.map((group) => Face.onlySeen(group, canvas)).sort((a, b) => b.box.area - a.box.area);
  return new Scene(canvas, faces, seen, scene.people);
}

/** Which of some heads a box is on; -1 if it is another's. */
function sameHead(box: Box, heads: readonly Box[]): number {
  let [best, most] = [-1, 0];
  heads.forEach((head, index) => {
    const share = box.shared(head) / Math.max(Math.min(box.area, head.area), 1e-9);
    const size = Math.max(box.side / Math.max(head.side, 1e-9), head.side / Math.max(box.side, 1e-9));
    if (size <= SIZES && share > most) [best, most] = [index, share];
  });
  return most >= SHARED ? best : -1;
}
