/** The light that a face is seen in, told from its skin and the whites of its eyes, as Python's `face/light.py` tells it. */

import { linearAll } from "../pixels/color";
import { median, quantiles } from "../pixels/lists";
import type { Raster } from "../pixels/raster";
import { type Light, WHITE } from "../pixels/relight";
import type { FaceParsing } from "./values";

/** Linear green of lit skin and of the whites of eyes as photos have them, and red and blue over it. */
const SKIN: Light = [0.307, 2.016, 0.632];
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

/** How strong the light is that a face is seen in, for red, green and blue; `crop` is what the segmenter saw. */
export function lightOn(crop: Raster, parsing: FaceParsing): Light {
  const skin = typical(crop, parsing, "skin", 0.9, LEAST_SKIN, [0.35, 0.75]);
  if (!skin) return WHITE;
  let green = skin[0] / SKIN[0];
  let tint = [skin[1] / SKIN[1], skin[2] / SKIN[2]];
  const eyes = ["left_eye", "right_eye"].flatMap((eye) => typical(crop, parsing, eye, 0.8, LEAST_EYE, [0.82, 0.97]) ?? []);
  const seen = eyes.length === 6 && eyes[3] > eyes[0] ? eyes.slice(3) : eyes.slice(0, 3);
  if (seen.length) {
    green = Math.max(green, seen[0] / EYE_WHITE[0] / DEEP);
    tint = tint.map((value, k) => value ** (1 - WHITES_SHARE[k]) * (seen[k + 1] / EYE_WHITE[k + 1]) ** WHITES_SHARE[k]);
  }
  return [green * tint[0], green, green * tint[1]];
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
