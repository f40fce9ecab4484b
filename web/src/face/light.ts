/** The light on a face and on its parts, told from its skin and the whites of its eyes, as Python's `face/light.py` tells it. */

import { SKIN, indicesOf, isWithin } from "../labels";
import { linearAll } from "../pixels/color";
import { median, quantiles } from "../pixels/lists";
import { windowOf } from "../pixels/masks";
import { type Raster, type Window, clamp, rounded } from "../pixels/raster";
import { type Light, WHITE } from "../pixels/relight";
import { dilated, disc } from "../pixels/shapes";
import type { FaceParsing } from "./values";

/** Linear green of lit skin and of the whites of eyes as photos have them, and red and blue over it. */
const SKIN_LIGHT: Light = [0.307, 2.016, 0.632];
const EYE_WHITE: Light = [0.319, 1.354, 0.863];
/** How much brighter than usual the whites may be beside the skin, before it is the skin that is deep and not the light that is dim. */
const DEEP = 1.8;
/** Share of the whites in what is told of red and of blue. */
const WHITES_SHARE = [0.4, 0.9];
/** Pixels of a crop that are asked for at least, of the skin and of an eye. */
const LEAST_SKIN = 100;
const LEAST_EYE = 16;
/** Linear light below which a camera's eight bits tell no colour, and above which they tell none either. */
const BLACK = 1 / 4096;
const BURNT_OUT = 0.95;

/** The light on a face as a whole, on its mouth, its eyes and its brows. */
export type Lights = readonly Light[];

/** A part of a face that may be in another light than the rest, and how bright it usually is beside the face's lit skin. */
interface Place {
  /** What is painted there, and what lies between. */
  readonly region: string;
  /** Round which regions skin tells of its light; the brightest counts. */
  readonly within: readonly string[];
  /** How far round them, in roots of the area of each. */
  readonly reach: number;
  /** How bright that skin may be before the light counts as weaker, or as stronger. */
  readonly skin: readonly [number, number];
  /** Its own part that tells too, and how bright that may be: skin may be dark under a beard, and lips are not. */
  readonly own?: readonly [string, number];
}

const PLACES: readonly Place[] = [
  { region: "mouth", within: ["mouth"], reach: 0.35, skin: [0.801, 1.095], own: ["lips", 0.348] },
  { region: "eyes", within: ["eyes+eyebrows"], reach: 0.25, skin: [0.595, 0.947] },
  { region: "eyebrows", within: ["left_eyebrow", "right_eyebrow"], reach: 0.35, skin: [0.728, 1.055] },
];
const EVENLY_WHITE: Lights = [WHITE, ...PLACES.map(() => WHITE)];
/** Pixels of skin that are asked for at least round a place. */
const LEAST_AROUND = 30;
/** No place is darker than the face by more. */
const DARKEST = 0.02;

/** How strong the light is on a face, its mouth, its eyes and its brows (see `rowOf`); `crop` is what the segmenter saw. */
export function lightsOn(crop: Raster, parsing: FaceParsing): Lights {
  const skin = typical(crop, parsing, "skin", 0.9, LEAST_SKIN, [0.35, 0.75]);
  if (!skin) return EVENLY_WHITE;
  const face = onFace(crop, parsing, skin);
  const shades = PLACES.map((place) => {
    const told = place.within.map((part) => shade(crop, parsing, place, part, skin[0], face[1])).filter((value) => value !== null);
    return told.length ? Math.max(...told) : 1;
  });
  return [face, ...shades.map((share) => face.map((strength) => share * strength) as unknown as Light)];
}

/** Which of `lightsOn` a region is seen in: what is painted at the mouth, say, on the skin round it too, in that there. */
export function rowOf(region: string): number {
  const painted = indicesOf(region).filter((index) => index !== SKIN);
  return painted.length ? PLACES.findIndex((place) => isWithin(painted, indicesOf(place.region))) + 1 : 0;
}

/** Of the face as a whole, by what is typical of its skin. */
function onFace(crop: Raster, parsing: FaceParsing, skin: readonly number[]): Light {
  let green = skin[0] / SKIN_LIGHT[0];
  let tint = [skin[1] / SKIN_LIGHT[1], skin[2] / SKIN_LIGHT[2]];
  const eyes = ["left_eye", "right_eye"].flatMap((eye) => typical(crop, parsing, eye, 0.8, LEAST_EYE, [0.82, 0.97]) ?? []);
  const seen = eyes.length === 6 && eyes[3] > eyes[0] ? eyes.slice(3) : eyes.slice(0, 3);
  if (seen.length) {
    green = Math.max(green, seen[0] / EYE_WHITE[0] / DEEP);
    tint = tint.map((value, k) => value ** (1 - WHITES_SHARE[k]) * (seen[k + 1] / EYE_WHITE[k + 1]) ** WHITES_SHARE[k]);
  }
  return [green * tint[0], green, green * tint[1]];
}

/** How many times as strong as on the face as a whole the light is at that part of a place; null if little skin is there. */
function shade(crop: Raster, parsing: FaceParsing, place: Place, part: string, lit: number, face: number): number | null {
  const likely = parsing.region(part);
  const box = windowOf(likely, 0.5);
  if (!box) return null;
  const area = likely.data.reduce((count, value) => count + Number(value > 0.5), 0);
  const reach = rounded(place.reach * Math.sqrt(area));
  const near: Window = [
    Math.max(box[0] - reach, 0),
    Math.max(box[1] - reach, 0),
    Math.min(box[2] + reach, crop.width),
    Math.min(box[3] + reach, crop.height),
  ];
  const inside = likely.part(near).map((value) => Number(value > 0.5));
  const wide = dilated(inside, disc(reach)).data;
  const skin = parsing.region("skin").part(near).data;
  const colors = crop.part(near);
  const around = medianGreen(colors, (i) => wide[i] > inside.data[i] && skin[i] > 0.9, LEAST_AROUND);
  if (around === null) return null;
  const brightness = around / lit;
  const [least, most] = place.skin;
  if (brightness > most) return Math.max(((brightness / most) * lit) / SKIN_LIGHT[0] / face, 1);
  let share = brightness / least;
  if (place.own) {
    const own = parsing.region(place.own[0]).part(near).data;
    const green = medianGreen(colors, (i) => own[i] > 0.8, 1);
    const itself = green === null ? share : Math.min(green / lit / place.own[1], 1);
    // the darker that is, the less it is a beard
    if (share < itself) share = itself * (share / itself) ** ((1 - itself) ** 1.5);
  }
  return clamp(share, DARKEST, 1);
}

/** Linear green in the middle of those pixels that a test picks; null if they are fewer than `least`. */
function medianGreen({ data, area }: Raster, picks: (index: number) => boolean, least: number): number | null {
  const greens: number[] = [];
  for (let i = 0; i < area; i++) if (picks(i)) greens.push(data[3 * i + 1]);
  if (greens.length < least) return null;
  const middle = Float32Array.of(median(greens));
  linearAll(middle);
  return middle[0];
}

/** Linear green of a part of what is surely of that label, between two quantiles of it, and red and blue over it; null if there is little. */
function typical(
  crop: Raster,
  parsing: FaceParsing,
  label: string,
  sure: number,
  least: number,
  [from, to]: readonly [number, number],
): [number, number, number] | null {
  const likely = parsing.region(label).data;
  const places = new Int32Array(likely.length);
  let count = 0;
  for (let i = 0; i < likely.length; i++) if (likely[i] > sure) places[count++] = i;
  if (count < least) return null;
  const [reds, greens, blues] = [0, 1, 2].map((c) => lightAt(crop, places.subarray(0, count), c));
  const [low, high] = quantiles(greens, [from, to]);
  const [lit, whole]: [number[], number[]] = [[], []];
  for (let i = 0; i < count; i++) {
    if (greens[i] > high) continue;
    if (greens[i] >= low) lit.push(i);
    if (greens[i] >= low / 4 && Math.max(reds[i], greens[i], blues[i]) < BURNT_OUT) whole.push(i);
  }
  const tint = whole.length >= least / 2 ? whole : lit;
  return [median(lit.map((i) => greens[i])), median(tint.map((i) => reds[i] / greens[i])), median(tint.map((i) => blues[i] / greens[i]))];
}

/** Linear light of one channel at some pixels, no less than black. */
function lightAt({ data }: Raster, places: Int32Array, channel: number): Float32Array {
  const light = new Float32Array(places.length);
  for (let i = 0; i < places.length; i++) light[i] = data[3 * places[i] + channel];
  linearAll(light);
  for (let i = 0; i < light.length; i++) light[i] = Math.max(light[i], BLACK);
  return light;
}
