/** What a page and its worker say to each other. */

import type { PlainError } from "./errors";
import type { Quality } from "./inference/cards";
import type { Look } from "./looks";
import type { ModelNames } from "./models";
import type { Provider } from "./runtime";

/** Pixels on their way: a bitmap to be drawn by the worker, or RGBA as it is. */
export type Pixels = ImageBitmap | ImageData;

export interface FaceInfo {
  /** From the brows to the chin, in pixels of the picture. */
  box: { x0: number; y0: number; x1: number; y1: number };
  /** Tilt of the head in degrees, positive clockwise. */
  roll: number;
  /** How sure it is that this is a face, 0 to 1. */
  score: number;
}

export interface Loaded {
  provider: string;
  threads: number;
}

export interface Parsed {
  picture: number;
  width: number;
  height: number;
  faces: FaceInfo[];
}

/** What a worker does: each by its name, with its arguments, and what it answers. */
export interface Work {
  load(options: {
    base: string;
    models: ModelNames;
    quality: Quality;
    frameQuality: Quality;
    provider: Provider;
    threads?: number;
  }): Loaded;
  parse(pixels: Pixels): Parsed;
  labels(picture: number): Uint8Array;
  mask(picture: number, region: string): Float32Array;
  edit(picture: number, look: Look): ImageData;
  forget(picture: number): void;
  frame(pixels: Pixels, look: Look): { pixels: ImageData; faces: FaceInfo[] };
}

export type Request = { [K in keyof Work]: { id: number; call: K; args: Parameters<Work[K]> } }[keyof Work];
export type Answer = { id: number } & ({ result: ReturnType<Work[keyof Work]> } | { error: PlainError });
