/** What an effect is: a function of what the core cuts out for it, and of its parameters. */

import type { FaceView } from "../face/face";
import type { Random } from "../pixels/random";
import type { Raster } from "../pixels/raster";

export interface Supplied {
  /** The part of the picture: RGB in [0, 1]. Not to be changed, as the mask is not. */
  image: Raster;
  /** The region's soft mask. */
  mask: Raster;
  /** The face's size in pixels, which lengths are multiples of. */
  unit: number;
  /** The face; of effects on the whole picture, which are called once for all faces, there is none. */
  face: FaceView;
  /** The numbers of chance that the look's seed means for this face. */
  random: () => Random;
}

/** Gives the part with the effect on it, of the same size; the core mixes it in by the mask. */
export type Paint<Parameters> = (supplied: Supplied, parameters: Parameters) => Raster;
