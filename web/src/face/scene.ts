/** A picture and what was found in it. */

import { LABELS, indicesOf } from "../labels";
import type { Canvas } from "../picture";
import { cropWindow, warpToWindow } from "../pixels/geometry";
import { Raster } from "../pixels/raster";
import type { Bits } from "../pixels/shapes";
import type { Face } from "./face";
import { join, personMask } from "./person";

/** A picture and the faces in it, largest first. Never changes. */
export class Scene {
  constructor(
    readonly canvas: Canvas,
    readonly faces: readonly Face[],
    /** Faces that a careful look of the detector sees and the parser does not, for effects that hide. */
    readonly seen: readonly Face[] = [],
    /** How surely each place of the picture is part of a person, as a network says; null where none was asked. */
    readonly people: Raster | null = null,
    private readonly masks = new Map<string, Raster>(),
    /** Where an effect has hidden somebody: later ones draw nothing of what they know was there; null for nowhere. */
    readonly hidden: Bits | null = null,
  ) {}

  /** The same faces where their picture was painted on. */
  withCanvas(canvas: Canvas, hidden = this.hidden): Scene {
    return new Scene(canvas, this.faces, this.seen, this.people, this.masks, hidden);
  }

  /** The same where a network was asked for whole people. */
  withPeople(people: Raster): Scene {
    return new Scene(this.canvas, this.faces, this.seen, people);
  }

  /** The soft mask of a region over all faces, as large as the picture; what is not known to be part of a person is background. */
  mask(region: string): Raster {
    return this.maskOf(region, this.faces);
  }

  /** The same over some of the faces. */
  maskOf(region: string, faces: readonly Face[]): Raster {
    const indices = indicesOf(region);
    if (indices.length === LABELS.length) return this.blank().map(() => 1);
    if (indices.includes(0)) {
      const others = LABELS.filter((_, index) => !indices.includes(index));
      return this.maskOf(indices.length === 1 ? "person" : others.join("+"), faces).map((value) => 1 - value);
    }
    if (indices.length === LABELS.length - 1) return this.person(faces);
    const mask = this.blank();
    for (const face of faces) join(mask, face.patch(region));
    return mask;
  }

  private blank(): Raster {
    return new Raster(this.canvas.height, this.canvas.width);
  }

  private person(faces: readonly Face[]): Raster {
    // Of the picture that was parsed: effects may have changed this one's colours since.
    const key = faces.map((face) => this.faces.indexOf(face)).join(",");
    let mask = this.masks.get(key);
    if (!mask) {
      const others = this.faces.filter((face) => !faces.includes(face));
      mask = faces.length ? personMask(faces, faces[0].canvas, this.people, others) : this.blank();
      this.masks.set(key, mask);
    }
    return mask;
  }

  /** The most likely part at every pixel, as an index of `LABELS`: 0, background, for pixels that belong to no face. */
  labelMap(): Uint8Array {
    const { height, width } = this.canvas;
    const result = new Uint8Array(height * width);
    const certainty = new Float32Array(height * width);
    for (const { parsing } of this.faces) {
      const window = cropWindow(parsing.affine, parsing.size, height, width);
      const [x0, y0, x1, y1] = window;
      const area = (x1 - x0) * (y1 - y0);
      const best = new Float32Array(area).fill(-1);
      const labels = new Uint8Array(area);
      LABELS.forEach((_, index) => {
        const values = warpToWindow(parsing.probabilities.sum([index]), parsing.affine, window).data;
        for (let i = 0; i < area; i++) {
          if (values[i] > best[i]) {
            best[i] = values[i];
            labels[i] = index;
          }
        }
      });
      for (let y = y0, from = 0; y < y1; y++) {
        for (let x = x0, to = y * width + x0; x < x1; x++, to++, from++) {
          if (labels[from] === 0 || best[from] <= certainty[to]) continue;
          result[to] = labels[from];
          certainty[to] = best[from];
        }
      }
    }
    return result;
  }
}
