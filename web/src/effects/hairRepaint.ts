/** Putting hair that was dyed on a copy into the picture, with detail that the copy is too coarse for. */

import { Enlarged, tiles } from "../pixels/cells";
import type { Color } from "../pixels/color";
import { type Raster, type Window, clamp, stacked } from "../pixels/raster";
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
    const after = new Float32Array(3 * places.length);
    for (let i = 0; i < places.length; i++) {
      for (let c = 0; c < 3; c++) after[3 * i + c] = fresh.data[fresh.channels * places[i] + c];
    }
    shownAll(after);
    // elsewhere the hair's own colour is the picture's
    const edge = new Int32Array(places.length);
    let count = 0;
    for (let i = 0; i < places.length; i++) if (mask.data[at[i]] < 1) edge[count++] = i;
    const own = new Float32Array(3 * count);
    for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) own[3 * i + c] = lab.data[3 * at[edge[i]] + c];
    shownAll(own);
    for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) after[3 * edge[i] + c] += data[3 * at[edge[i]] + c] - own[3 * i + c];
    for (let i = 0; i < places.length; i++) for (let c = 0; c < 3; c++) data[3 * at[i] + c] = after[3 * i + c];
  };
}

/** Of a picture with detail finer than the copy's. */
function detailed({ data, width }: Raster, head: HeadOfHair): Painted {
  const beneath = new Enlarged(beneathOf(head), head.cell);
  const [[gr, gg, gb], [ar, ag, ab], [br, bg, bb]] = slopesOf(head.middle);
  return (tile, places, fresh) => {
    const at = inPicture(places, tile, width);
    const below = beneath.part(tile).data;
    const after = new Float32Array(3 * places.length);
    const rest = new Float32Array(3 * places.length);
    for (let i = 0, to = 0; i < places.length; i++, to += 3) {
      const [from, of, own] = [3 * at[i], 5 * places[i], fresh.channels * places[i]];
      const red = data[from] - below[of];
      const green = data[from + 1] - below[of + 1];
      const blue = data[from + 2] - below[of + 2];
      const [rises, weight] = [below[of + 3], below[of + 4]];
      const [gain, lean] = [fresh.data[own + 3], fresh.data[own + 4]];
      const grey = gr * red + gg * green + gb * blue;
      // As far as it rises; beyond, as at an edge where something else shows through, it would turn round.
      const most = (0.4 * gain) / (Math.abs(lean) * rises + 1e-6);
      const kept = clamp(grey, -most, most);
      const lighter = kept * rises;
      const tint = COLOR_DETAIL * gain;
      after[to] = fresh.data[own] + lighter * (gain + lighter * lean);
      after[to + 1] = fresh.data[own + 1] + tint * (ar * red + ag * green + ab * blue);
      after[to + 2] = fresh.data[own + 2] + tint * (br * red + bg * green + bb * blue);
      // what the picture has beside the hair's own colour and its detail
      rest[to] = red - weight * (red + kept - grey);
      rest[to + 1] = green - weight * (green + kept - grey);
      rest[to + 2] = blue - weight * (blue + kept - grey);
    }
    shownAll(after);
    for (let i = 0, from = 0; i < places.length; i++) {
      for (let to = 3 * at[i], end = to + 3; to < end; to++, from++) data[to] = after[from] + rest[from];
    }
  };
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
