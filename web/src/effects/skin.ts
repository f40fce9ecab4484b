/**
 * The skin of a face as a small picture, coarser than its pores, and changes made to it that leave everything finer alone.
 *
 * Whatever an effect does to light, shade or blotches varies over many pixels. So it is worked out on a picture in which a face is
 * at most `CELLS` wide, whatever the photo's size, and added to the photo as a smooth change.
 */

import type { FaceView } from "../face/face";
import { gaussian } from "../pixels/blur";
import { Enlarged, inCells } from "../pixels/cells";
import { fromOklab, toOklab } from "../pixels/color";
import { toPicture } from "../pixels/fullSize";
import { chained } from "../pixels/geometry";
import { median } from "../pixels/lists";
import { ramp, ramped } from "../pixels/masks";
import { Raster, clamp, rounded, weighted } from "../pixels/raster";
import { resized, resizedNearest, shrunkTo } from "../pixels/resize";
import { Bits, depth, dilated, grow, square } from "../pixels/shapes";

/** Face units in the small picture, at most. */
const CELLS = 160;
/** A change of OKLab below this is none. */
const NOTHING = 1e-8;
/** What is not skin, or not only skin. */
const FEATURES = "eyes+eyebrows+mouth+eyeglasses+hair+hat+background";

/** The small picture. */
export interface Skin {
  /** OKLab, the mean colour of what is skin in each cell. */
  lab: Raster;
  /** How surely a cell shows bare skin: not hair, beard, or a feature's edge. */
  weight: Raster;
  /** How surely what the parsing calls skin is covered by hair. */
  beard: Raster;
  /** Size of the face in cells. */
  unit: number;
  /** The mean colour of all there is in each cell. */
  picture: Raster;
}

export function skinOf(image: Raster, mask: Raster, face: FaceView): Skin {
  const shrink = Math.max(face.unit / CELLS, 1);
  const size = [Math.max(rounded(mask.width / shrink), 1), Math.max(rounded(mask.height / shrink), 1)] as const;
  const picture = shrunkTo(image, ...size);
  const step = Math.max(Math.floor(shrink / 2), 1); // what is skin is found out at no more resolution than twice that of the cells
  const sure = ramp(inCells(mask, step), 0.5, 0.95);
  const share = shrunkTo(sure, ...size);
  // Weighted, so that a cell at the brow's edge has the colour of the skin in it; where there is no skin, any colour will do.
  const colors = shrunkTo(weighted(inCells(image, step), sure), ...size);
  const rgb = colors.map((value, k) => {
    const some = share.data[Math.floor(k / 3)];
    return some > 1e-3 ? clamp(value / some, 0, 1) : picture.data[k];
  });
  const lab = toOklab(rgb);
  const unit = face.unit / shrink;
  const beard = beardOf(lab, share, unit, lowerFace(face, picture, 1 / shrink));
  return { lab, weight: share.map((value, i) => value * (1 - beard.data[i])), beard, unit, picture };
}

/** Weighted Gaussian mean of standard deviation `radius` cells; far from all weight, the weighted mean of everything. */
export function localMean(values: Raster, weight: Raster, radius: number): Raster {
  const { channels } = values;
  let total = 0;
  for (const value of weight.data) total += value;
  if (total <= 0) return values.copy();
  const products = weighted(values, weight);
  const everywhere = new Float64Array(channels);
  for (let k = 0; k < products.data.length; k++) everywhere[k % channels] += products.data[k] / total;
  const faint = 1e-3;
  const near = blurred(weight, radius);
  return blurred(products, radius).map(
    (value, k) => (value + faint * everywhere[k % channels]) / (near.data[Math.floor(k / channels)] + faint),
  );
}

/** A Gaussian of that standard deviation, in cells. What is so broad that it needs no more is blurred on a smaller copy. */
function blurred(values: Raster, radius: number): Raster {
  const cell = Math.min(Math.max(Math.floor(radius / 4), 1), values.height, values.width);
  // To average cells and to interpolate between them blurs, too: a variance of 1/12 and of 1/6.
  const narrow = cell > 1 ? Math.max(Math.sqrt(Math.max(radius ** 2 - cell ** 2 / 4, 0)) / cell, 0.3) : Math.max(radius, 0.3);
  const soft = gaussian(inCells(values, cell), narrow, "replicate");
  return new Enlarged(soft, cell).part([0, 0, values.width, values.height]);
}

/**
 * The values without what varies less than `contrast` over `radius` cells: blotches go, shadows' edges and creases stay.
 *
 * The guided filter, guided by the values themselves (He, Sun, Tang, PAMI 2013, eq. 5-8), with Gaussian windows and weights. The mean
 * is taken twice, of the values and of what the first left (Tukey's twicing), which keeps more of the face's modelling.
 */
export function evenLayer(values: Raster, weight: Raster, radius: number, contrast: number): Raster {
  const first = localMean(values, weight, radius);
  const rest = localMean(
    values.map((value, i) => value - first.data[i]),
    weight,
    radius,
  );
  const middle = first.map((value, i) => value + rest.data[i]);
  const variance = localMean(
    values.map((value, i) => (value - middle.data[i]) ** 2),
    weight,
    radius,
  );
  const slope = variance.map((value) => {
    const squared = Math.max(value, 0) ** 2;
    return squared / (squared + contrast ** 4);
  });
  const offset = middle.map((value, i) => value * (1 - slope.data[i]));
  const [slopes, offsets] = [localMean(slope, weight, radius / 2), localMean(offset, weight, radius / 2)];
  return slopes.map((value, i) => value * values.data[i] + offsets.data[i]);
}

/** 1 on skin at least `distance` face units away from eyes, brows, mouth, glasses and hair, falling to 0 at them. */
export function awayFromFeatures(face: FaceView, skin: Skin, distance: number): Raster {
  const features = smallMask(face, FEATURES, skin.picture);
  const reach = Math.max(distance * skin.unit, 1e-3);
  const free = depth(Bits.of(features, (value) => 1 - value > 0.5));
  return free.map((value) => {
    const step = Math.min(value, reach) / reach;
    return step * step * (3 - 2 * step);
  });
}

/** The soft mask of regions of the face on a small picture of what the effect sees, made at that size. */
function smallMask(face: FaceView, region: string, picture: Raster): Raster {
  const { parsing } = face.face.seenNear("hair+neck", face.window);
  const across = face.width / picture.width;
  const down = face.height / picture.height;
  const affine = chained([across, 0, face.window[0], 0, down, face.window[1]], parsing.affine);
  const { window, mask } = toPicture(parsing.region(region), affine, picture, { byColour: false });
  const result = new Raster(picture.height, picture.width);
  result.put(mask, window[0], window[1]);
  return result;
}

/** The picture with a smooth change of its OKLab colours, given on the small picture. Where it changes nothing pixels keep their bits. */
export function added(image: Raster, change: Raster): Raster {
  const isChanged = new Raster(change.height, change.width).map((_, i) =>
    [0, 1, 2].some((c) => Math.abs(change.data[3 * i + c]) > NOTHING) ? 1 : 0,
  );
  const where = resizedNearest(dilated(isChanged, square(1)), image.width, image.height);
  const shift = resized(change, image.width, image.height);
  const lab = toOklab(image);
  for (let k = 0; k < lab.data.length; k++) lab.data[k] += shift.data[k];
  const result = fromOklab(lab);
  for (let i = 0, k = 0; i < where.data.length; i++, k += 3) {
    const isStill = [0, 1, 2].every((c) => Math.abs(shift.data[k + c]) <= NOTHING);
    if (where.data[i] <= 0 || isStill) result.data.set(image.data.subarray(k, k + 3), k);
  }
  return result;
}

function medianWhere(values: ArrayLike<number>, bits: Bits): number {
  return median(Array.from(values).filter((_, i) => bits.data[i] === 1));
}

/** How surely hair covers the skin: on the lower face, what is rougher than the upper face, or far darker and greyer. */
function beardOf(lab: Raster, share: Raster, unit: number, low: Raster): Raster {
  const near = 0.03 * unit;
  const inner = grow(share, -0.015 * unit); // lips and nostrils have an edge, which is as rough as a beard
  const bare = Bits.above(inner, 0.9);
  const upper = bare.map((bit, i) => bit && low.data[i] < 0.5);
  const lower = bare.map((bit, i) => bit && low.data[i] >= 0.5);
  if (!upper.any || !lower.any) return share.map(() => 0);
  const light = lab.plane(0);
  const smooth = localMean(light, share, 0.012 * unit);
  const fine = light.map((value, i) => clamp(value - smooth.data[i], -0.04, 0.04) ** 2); // clipped: one mole is no beard
  const rough = localMean(
    fine,
    share.map((value, i) => value * bare.data[i]),
    near,
  ).map(Math.sqrt);
  const usual = medianWhere(rough.data, upper);
  const broad = localMean(lab, share, near);
  const lightness = broad.plane(0);
  const chroma = lightness.map((_, i) => Math.hypot(broad.data[3 * i + 1], broad.data[3 * i + 2]));
  const usualLight = medianWhere(lightness.data, upper);
  const usualChroma = Math.max(medianWhere(chroma.data, upper), 1e-3);
  const hairy = rough.map((value, i) => {
    const dark = ramped(usualLight - lightness.data[i], 0.14, 0.24);
    const grey = ramped(1 - chroma.data[i] / usualChroma, 0.25, 0.5);
    return low.data[i] * Math.max(ramped(value, Math.max(1.3 * usual, 0.015), Math.max(2.2 * usual, 0.026)), dark * grey);
  });
  return gaussian(hairy, Math.max(0.5 * near, 0.3));
}

/** 1 below the wings of the nose, where beards grow, 0 above and on nose, neck and ears. */
function lowerFace(face: FaceView, picture: Raster, scale: number): Raster {
  const { nose } = face.landmarks;
  const result = new Raster(picture.height, picture.width);
  if (!nose) return result;
  const turn = (face.roll * Math.PI) / 180;
  const [across, down] = [-Math.sin(turn), Math.cos(turn)];
  const along = ([x, y]: readonly [number, number]): number => x * across + y * down;
  const level = ((along(nose.leftWing) + along(nose.rightWing)) / 2) * scale;
  const skin = smallMask(face, "skin", picture);
  return result.map((_, i) => {
    const y = Math.floor(i / result.width);
    const x = i - y * result.width;
    const below = (along([x + 0.5, y + 0.5]) - level) / Math.max(face.unit * scale, 1e-6);
    return ramped(below, -0.02, 0.04) * skin.data[i];
  });
}
