/** Putting hair that was dyed on a copy into the picture, with detail that the copy is too coarse for. */

import { floats } from "../pixels/borrowed";
import { Enlarged, tiles } from "../pixels/cells";
import type { Color } from "../pixels/color";
import { Raster, type Window, clamp, stacked } from "../pixels/raster";
import { Bits } from "../pixels/shapes";
import type { HeadOfHair } from "./hairDye";
import { seenAll, shownAll } from "./perceived";

/** How much of the colour that is in detail finer than the copy stays, where all of it would be as loud as light. */
const COLOR_DETAIL = 0.25;
/** Over what steps of sRGB it is found how lightness and colour follow it. */
const STEP = 0.02;

/**
 * RGB to lay over the picture through the hair's mask, whose edge is a share of hair and a share of what is behind it.
 *
 * The picture there is the head's own colour for the mask's share, so it changes by that share of the difference. At the edge this may
 * go beyond [0, 1]; laid over the picture it does not, or hardly.
 *
 * @param dyed gives what becomes of a tile of `HeadOfHair.own`.
 */
export function repainted(image: Raster, mask: Raster, head: HeadOfHair, dyed: (tile: Window) => Raster): Raster {
  const result = image.copy();
  const painted = head.cell === 1 ? asItIs(result, mask, head) : detailed(result, head);
  for (const tile of tiles(Bits.above(mask, 0))) painted(tile, chosen(mask, tile), dyed(tile));
  return result;
}

/** Paints a tile, of which some pixels are chosen, in what it is dyed: changes the picture. */
type Painted = (tile: Window, places: Int32Array, fresh: Raster) => void;

/** The pixels of a tile whose mask is not 0, counted row by row. */
function chosen({ width, data }: Raster, [x0, y0, x1, y1]: Window): Int32Array {
  const found = new Int32Array((x1 - x0) * (y1 - y0));
  let count = 0;
  for (let y = y0, i = 0; y < y1; y++) {
    for (let at = y * width + x0, end = at + x1 - x0; at < end; at++, i++) if (data[at] > 0) found[count++] = i;
  }
  return found.subarray(0, count);
}

/** Where pixels of a tile are in a picture of that width. */
function inPicture(places: Int32Array, [x0, y0, x1]: Window, width: number): Int32Array {
  const wide = x1 - x0;
  const result = new Int32Array(places.length);
  for (let i = 0; i < result.length; i++) {
    const row = (places[i] / wide) | 0;
    result[i] = (y0 + row) * width + x0 + places[i] - row * wide;
  }
  return result;
}

/** Of a picture whose pixels are the copy's. */
function asItIs({ data, width }: Raster, mask: Raster, { lab }: HeadOfHair): Painted {
  return (tile, places, fresh) => {
    const at = inPicture(places, tile, width);
    const after = gathered(fresh, places);
    shownAll(after);
    const edge = notWhole(mask, at); // elsewhere the hair's own colour is the picture's
    const own = gathered(lab, pickedFrom(at, edge));
    shownAll(own);
    addDifference(after, edge, data, at, own);
    scatter(after, at, data);
  };
}

/** The first three channels of some pixels, one after the other. */
function gathered({ data, channels }: Raster, places: Int32Array): Float32Array {
  const result = floats(3 * places.length, true);
  for (let i = 0, to = 0; i < places.length; i++, to += 3) {
    const from = channels * places[i];
    result[to] = data[from];
    result[to + 1] = data[from + 1];
    result[to + 2] = data[from + 2];
  }
  return result;
}

/** Which of some pixels, by their places in the list, are only in part in the mask. */
function notWhole({ data }: Raster, at: Int32Array): Int32Array {
  const found = new Int32Array(at.length);
  let count = 0;
  for (let i = 0; i < at.length; i++) if (data[at[i]] < 1) found[count++] = i;
  return found.subarray(0, count);
}

function pickedFrom(list: Int32Array, places: Int32Array): Int32Array {
  const result = new Int32Array(places.length);
  for (let i = 0; i < result.length; i++) result[i] = list[places[i]];
  return result;
}

/** Add to some of the colours what the picture there has beside the hair's own. */
function addDifference(colors: Float32Array, some: Int32Array, picture: Float32Array, at: Int32Array, own: Float32Array): void {
  for (let i = 0, k = 0; i < some.length; i++, k += 3) {
    const [to, from] = [3 * some[i], 3 * at[some[i]]];
    colors[to] += picture[from] - own[k];
    colors[to + 1] += picture[from + 1] - own[k + 1];
    colors[to + 2] += picture[from + 2] - own[k + 2];
  }
}

/** Put colours where they belong. */
function scatter(colors: Float32Array, at: Int32Array, picture: Float32Array): void {
  for (let i = 0, from = 0; i < at.length; i++, from += 3) {
    const to = 3 * at[i];
    picture[to] = colors[from];
    picture[to + 1] = colors[from + 1];
    picture[to + 2] = colors[from + 2];
  }
}

/** Of a picture with detail finer than the copy's. */
function detailed({ data, width }: Raster, head: HeadOfHair): Painted {
  const beneath = new Enlarged(beneathOf(head), head.cell);
  const slopes = slopesOf(head.middle).flat();
  return (tile, places, fresh) => {
    const at = inPicture(places, tile, width);
    const { after, rest } = withDetail(gathered(new Raster(1, data.length / 3, 3, data), at), places, beneath.part(tile), fresh, slopes);
    shownAll(after);
    for (let i = 0; i < after.length; i++) after[i] += rest[i];
    scatter(after, at, data);
  };
}

/** What becomes of a picture's colours, OKLab with perceived lightness, and what they have beside the hair's own colour and its detail. */
function withDetail(
  rgb: Float32Array,
  places: Int32Array,
  { data: below }: Raster,
  { data: fresh, channels }: Raster,
  slopes: number[],
): { after: Float32Array; rest: Float32Array } {
  const [gr, gg, gb, ar, ag, ab, br, bg, bb] = slopes;
  const [after, rest] = [floats(rgb.length, true), floats(rgb.length, true)];
  for (let i = 0, k = 0; i < places.length; i++, k += 3) {
    const [of, own] = [5 * places[i], channels * places[i]];
    const red = rgb[k] - below[of];
    const green = rgb[k + 1] - below[of + 1];
    const blue = rgb[k + 2] - below[of + 2];
    const [rises, weight] = [below[of + 3], below[of + 4]];
    const [gain, lean] = [fresh[own + 3], fresh[own + 4]];
    const grey = gr * red + gg * green + gb * blue;
    // As far as it rises; beyond, as at an edge where something else shows through, it would turn round.
    const most = (0.4 * gain) / (Math.abs(lean) * rises + 1e-6);
    const kept = clamp(grey, -most, most);
    const lighter = kept * rises;
    const tint = COLOR_DETAIL * gain;
    after[k] = fresh[own] + lighter * (gain + lighter * lean);
    after[k + 1] = fresh[own + 1] + tint * (ar * red + ag * green + ab * blue);
    after[k + 2] = fresh[own + 2] + tint * (br * red + bg * green + bb * blue);
    rest[k] = red - weight * (red + kept - grey);
    rest[k + 1] = green - weight * (green + kept - grey);
    rest[k + 2] = blue - weight * (blue + kept - grey);
  }
  return { after, rest };
}

/**
 * What detail is told from: the copy's own RGB, how lightness rises with it, and the head's weight.
 *
 * Lightness and sRGB follow each other nearly in a straight line, so how they do is found here, and not for all pixels.
 */
function beneathOf({ lab, weight }: HeadOfHair): Raster {
  const rgb = lab.copy();
  shownAll(rgb.data);
  const lighter = rgb.data.map((value) => value + STEP);
  seenAll(lighter);
  const rises = weight.copy();
  for (let i = 0; i < rises.data.length; i++) rises.data[i] = (lighter[3 * i] - lab.data[3 * i]) / STEP;
  return stacked(rgb.plane(0), rgb.plane(1), rgb.plane(2), rises, weight);
}

/** How grey, as light as a colour is, and OKLab's a and b follow from red, green and blue about a colour. */
function slopesOf(middle: Color): number[][] {
  const rgb = Float32Array.from(middle);
  shownAll(rgb);
  const stepped = (by: number): Float32Array => {
    const steps = Float32Array.from({ length: 9 }, (_, k) => clamp(rgb[k % 3] + (k % 4 ? 0 : by), 0, 1));
    seenAll(steps);
    return steps;
  };
  const [more, less] = [stepped(STEP), stepped(-STEP)];
  const slopes = [0, 1, 2].map((c) => [0, 1, 2].map((k) => (more[3 * k + c] - less[3 * k + c]) / (2 * STEP)));
  const total = slopes[0].reduce((sum, value) => sum + value, 0);
  return [slopes[0].map((value) => value / total), slopes[1], slopes[2]];
}
