/**
 * Frames of a camera, one after the other: a face is looked for anew now and then, parsed every second frame, and what was parsed is
 * moved with the head. Networks run meanwhile: what they say of a frame is moved to where the head is once they have said it.
 */

import { FRAME_MASKS, Face } from "../face/face";
import { type Lights, lightsOn } from "../face/light";
import { Scene } from "../face/scene";
import { Box, type Detection, FaceParsing } from "../face/values";
import type { Canvas } from "../picture";
import { type Affine, apply, chained, cut, invert } from "../pixels/geometry";
import type { Light } from "../pixels/relight";
import { BOX_PER_FACE, isOff, measure, turned } from "./measure";
import { Glimpse } from "./motion";
import { type ParsedFace, clearedOf, corrected, parseFace } from "./parseFace";
import type { Parser } from "./parser";
import { type Asked, distinct, withPeople, withSightings } from "./pipeline";
import { UnderWay } from "./underWay";
import { hairRunsOut, lookedAtWidely, runsOut } from "./wide";

/** All of a frame is looked at again after so many. */
const LOOK_AGAIN = 30;
/** A face is parsed every so many frames, unless someone is to be hidden, and hair that leaves its crop every so many times. */
const PARSE_EVERY = 2;
const WIDE_EVERY = 4;
/** A face is kept from this score on, and begins from the second. */
const KEPT = 0.6;
const BEGUN = 0.8;
/** How fast the box, which lengths are measured in, follows what is measured, and the light that colours are shown in. */
const BOX_FOLLOWS = 0.3;
const LIGHT_FOLLOWS = 0.1;

/** A face that is followed. */
interface Track extends ParsedFace {
  /** Its crop when it was parsed. */
  glimpse: Glimpse;
  /** Frames since it was found, and how often it was parsed since. */
  age: number;
  parsings: number;
  lights: Lights;
  /** What its masks are made of; null until they are asked for. */
  cleared: FaceParsing | null;
  /** A parsing of it that is under way, and how it moved since: null for one that is lost. */
  coming: { parsed: UnderWay<Track | null>; since: Affine } | null;
}

const STAYING: Affine = [1, 0, 0, 0, 1, 0];

export class Frames {
  private tracks: Track[] = [];
  private since = LOOK_AGAIN;
  /** A look at all of a frame that is under way. */
  private looking: UnderWay<Detection[]> | null = null;

  constructor(private readonly parser: Parser) {}

  async parse(picture: Canvas, { widely = false, isPrivate = false, wholly = false }: Asked = {}): Promise<Scene> {
    const followed: Track[] = [];
    for (const track of this.tracks) {
      const now = await this.followed(track, picture, widely, isPrivate);
      if (now && now.score >= KEPT) followed.push(now);
    }
    const isLost = !followed.length || followed.length < this.tracks.length;
    for (const one of await this.found(picture, isLost, isPrivate)) {
      if (followed.some((face) => isOn(one.box, face.box))) continue;
      const face = await parseFace(picture, one, this.parser.segmenter, widely);
      if (face && face.score >= BEGUN) followed.push(this.begun(face, picture));
    }
    this.tracks = distinct(followed);
    const faces = this.tracks.map((track) => this.faceOf(track, picture)).sort((a, b) => b.box.area - a.box.area);
    const scene = new Scene(picture, faces);
    const known = wholly ? await withPeople(scene, this.parser) : scene;
    return isPrivate ? withSightings(known, this.parser, true) : known;
  }

  /** What is seen when all of a frame is looked at: of this one, or, where no face is missed or to be hidden, of one before. */
  private async found(picture: Canvas, isLost: boolean, isPrivate: boolean): Promise<Detection[]> {
    const { detector } = this.parser;
    const isDue = ++this.since >= LOOK_AGAIN;
    if (isLost || isDue) this.since = 0;
    if (isLost || (isDue && isPrivate)) {
      this.looking = null;
      return detector.detect(picture);
    }
    if (isDue) this.looking ??= new UnderWay(detector.detect(picture));
    const seen = this.looking?.result;
    if (!seen) return [];
    this.looking = null;
    return seen.found;
  }

  private begun(face: ParsedFace, picture: Canvas): Track {
    const { affine, size } = face.near;
    const lights = lightsOn(cut(picture, affine, size), face.near);
    return { ...face, glimpse: Glimpse.of(picture, affine, size), age: 0, parsings: 0, lights, cleared: null, coming: null };
  }

  /** The track in the next frame; null if the face is lost. */
  private async followed(track: Track, picture: Canvas, widely: boolean, isPrivate: boolean): Promise<Track | null> {
    const isTurn = (track.age + 1) % PARSE_EVERY === 0;
    if (isTurn) await track.coming?.parsed.end; // nothing older than the frames between two parsings is painted with
    const latest = withWhatCame(track);
    if (!latest) return null;
    const { affine, size } = latest.near;
    const motion = latest.glimpse.motion(picture, affine, size);
    if (!motion) return this.again(latest, picture, widely);
    const now = moved(latest, motion, 1);
    if (isPrivate) return this.parsed(now, picture, widely);
    const isDue = isTurn || (widely && !now.wide && hairRunsOut(now.near, picture));
    if (!isDue || now.coming) return now;
    return { ...now, coming: { parsed: new UnderWay(this.parsed(now, picture, widely)), since: STAYING } };
  }

  /** A face whose motion could not be told, or whose crop does not fit it any more, looked for where it was. */
  private async again({ box, roll, score }: ParsedFace, picture: Canvas, widely: boolean): Promise<Track | null> {
    const there = { box: Box.square(box.center, BOX_PER_FACE * box.side), roll, score, points: [] };
    const face = await parseFace(picture, there, this.parser.segmenter, widely);
    return face && this.begun(face, picture);
  }

  /** The track parsed on the crop that moved with it. */
  private async parsed(track: Track, picture: Canvas, widely: boolean): Promise<Track | null> {
    const { segmenter } = this.parser;
    const { affine, size } = track.near;
    const crop = cut(picture, affine, size);
    const parsing = new FaceParsing(await segmenter.probabilities(crop), affine);
    const measured = measure(parsing, track.crop);
    if (!measured) return null;
    const { box, detection } = measured;
    if (isOff(track.crop, measured) || runsOut(measured.face, parsing, picture)) {
      return this.again({ ...track, box, roll: detection.roll }, picture, widely);
    }
    const near = corrected(parsing, crop, segmenter);
    const lights = lightsOn(crop, parsing);
    const isWide = widely && hairRunsOut(near, picture);
    const parsings = track.parsings + 1;
    const wide = isWide ? (!track.wide || parsings % WIDE_EVERY === 0 ? await lookedAtWidely(picture, near, segmenter) : track.wide) : null;
    return {
      ...track,
      box: between(track.box, box, BOX_FOLLOWS),
      roll: track.roll + BOX_FOLLOWS * turned(detection.roll - track.roll),
      score: detection.score,
      near,
      wide,
      parsings,
      glimpse: Glimpse.of(picture, affine, size),
      lights: track.lights.map((before, row) => followed(before, lights[row])),
      cleared: null,
      coming: null,
    };
  }

  private faceOf(track: Track, picture: Canvas): Face {
    if (!track.cleared) {
      const others = this.tracks.filter((other) => other !== track).map((other) => other.box);
      track.cleared = clearedOf(track, others);
    }
    const { box, roll, score, cleared, lights } = track;
    return new Face({ box, roll, score, parsing: cleared, canvas: picture, maskStyle: FRAME_MASKS, steadyLights: lights });
  }
}

/** The track as the parsing that was under way has it, if that is done, where the head has gone since; null if that found none. */
function withWhatCame(track: Track): Track | null {
  const { coming, age } = track;
  const came = coming?.parsed.result;
  if (!coming || !came) return track;
  return came.found && { ...moved(came.found, coming.since, 0), age };
}

/** The track where a motion took it, so many frames later. */
function moved(track: Track, motion: Affine, frames: number): Track {
  const back = invert(motion);
  const along = ({ probabilities, affine }: FaceParsing): FaceParsing => new FaceParsing(probabilities, chained(back, affine));
  const growth = Math.hypot(motion[0], motion[3]);
  const turn = (Math.atan2(motion[3], motion[0]) * 180) / Math.PI;
  const shifted = (box: Box): Box => {
    const [x, y] = apply(motion, ...box.center);
    const [w, h] = [(growth * box.width) / 2, (growth * box.height) / 2];
    return new Box(x - w, y - h, x + w, y + h);
  };
  return {
    ...track,
    box: shifted(track.box),
    roll: turned(track.roll + turn),
    crop: { ...track.crop, box: shifted(track.crop.box), roll: turned(track.crop.roll + turn) },
    near: along(track.near),
    age: track.age + frames,
    cleared: track.cleared && along(track.cleared),
    coming: track.coming && { ...track.coming, since: chained(track.coming.since, motion) },
  };
}

function between(a: Box, b: Box, share: number): Box {
  const on = (from: number, to: number): number => from + share * (to - from);
  return new Box(on(a.x0, b.x0), on(a.y0, b.y0), on(a.x1, b.x1), on(a.y1, b.y1));
}

function isOn(box: Box, face: Box): boolean {
  return box.shared(face) > 0.4 * Math.min(box.area, face.area);
}

/** A light that a part of a face was in, on its way to the one that is measured now. */
function followed(before: Light, now: Light): Light {
  return before.map((strength, c) => strength * (now[c] / strength) ** LIGHT_FOLLOWS) as unknown as Light;
}
