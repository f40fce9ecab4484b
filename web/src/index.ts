/**
 * facefx in the browser alone: faces parsed into soft regions, and looks run on them. Nothing leaves the device.
 *
 *     const facefx = await load();
 *     const picture = await facefx.parse(file);
 *     const image = await picture.apply({ use: "recolor_lips", params: { color: "#a2243b" } });
 */

import { FacefxError } from "./errors";
import type { Quality } from "./inference/cards";
import { Line } from "./line";
import { type Look, type Step, lookOf, readLook, savedLook, stepOf } from "./looks";
import type { FaceInfo, Loaded, Parsed, Pixels, Work } from "./messages";
import type { Provider } from "./runtime";

export { EFFECTS } from "./effects/parameters";
export { FacefxError, LookError, ModelError, NoFaceFound, ParameterError, UnknownName } from "./errors";
export { LABELS } from "./labels";
export type { FaceInfo, Look, Provider, Quality, Step };
export { stepOf };
export { readLook, savedLook };

/** Anything that pixels can be taken from. */
export type ImageLike = Blob | ImageData | ImageBitmap | HTMLImageElement | HTMLCanvasElement | HTMLVideoElement | OffscreenCanvas;
/** A look as `readLook` gives it, one as JSON has it, or one step: an effect's name and its parameters. */
export type LookLike = Look | Record<string, unknown> | { use: string; params?: Record<string, unknown> };

export interface LoadOptions {
  /** Address of the folder with `models/` and `ort/`; by default that of the page. */
  base?: string;
  /** How much time a picture may take, as in Python. */
  quality?: Quality;
  /** The same of a frame of a camera. */
  frameQuality?: Quality;
  /** What networks run on: "auto" takes WebGPU where there is one. */
  provider?: Provider;
  /** How many threads WASM may use; more than one needs a cross-origin isolated page. */
  threads?: number;
  /** Names of the folders in `models/`. */
  segmenter?: string;
  detector?: string;
  /** What finds whole people, as soon as they or the background are asked for; "colours": bodies are told by their colours. */
  person?: string;
}

/** Start a worker and load the models. Raises `ModelError` where one is missing or damaged. */
export async function load(options: LoadOptions = {}): Promise<FaceFx> {
  const { base = "./", quality = "balanced", frameQuality = "fast", provider = "auto", threads } = options;
  const { segmenter = "unet-lite0", detector = "finder", person = "person" } = options;
  const models = { segmenter, detector, person: person === "colours" ? null : person };
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const line = new Line<Work>(worker);
  try {
    const address = new URL(base, document.baseURI).href;
    const loaded = await line.call("load", [{ base: address, models, quality, frameQuality, provider, threads }]);
    return new FaceFx(line, loaded);
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

/** Models that are loaded, in a worker of their own. */
export class FaceFx {
  /** "webgpu" or "wasm". */
  readonly provider: string;
  readonly threads: number;

  constructor(
    private readonly line: Line<Work>,
    { provider, threads }: Loaded,
  ) {
    this.provider = provider;
    this.threads = threads;
  }

  /** Find and parse all faces; the picture stays in the worker until it is closed. */
  async parse(image: ImageLike): Promise<ParsedPicture> {
    const pixels = await pixelsOf(image);
    return new ParsedPicture(this.line, await this.line.call("parse", [pixels], transferable(pixels)));
  }

  /** A picture with a look on it. Raises `NoFaceFound`, `LookError`, `ParameterError` or `UnknownName`. */
  async apply(image: ImageLike, look: LookLike): Promise<ImageData> {
    const checked = lookIn(look);
    const picture = await this.parse(image);
    try {
      return await picture.apply(checked);
    } finally {
      await picture.close();
    }
  }

  /** A frame of a film or a camera with a look on it; faces are followed from the frame before. A frame without one comes back as it is. */
  async frame(image: ImageLike, look: LookLike): Promise<{ pixels: ImageData; faces: FaceInfo[] }> {
    const pixels = await pixelsOf(image);
    return this.line.call("frame", [pixels, lookIn(look)], transferable(pixels));
  }

  /** End the worker, and give back its memory. */
  close(): void {
    this.line.close();
  }
}

/** A picture whose faces are known. */
export class ParsedPicture {
  readonly width: number;
  readonly height: number;
  /** Its faces, the largest first. */
  readonly faces: readonly FaceInfo[];

  constructor(
    private readonly line: Line<Work>,
    private readonly parsed: Parsed,
  ) {
    this.width = parsed.width;
    this.height = parsed.height;
    this.faces = parsed.faces;
  }

  /** The likeliest part at each pixel, row by row, as an index of `LABELS`. */
  labelMap(): Promise<Uint8Array> {
    return this.line.call("labels", [this.parsed.picture]);
  }

  /** The soft mask of a region, such as "lips" or "hair+hat", row by row, 0 to 1. Raises `UnknownName`. */
  mask(region: string): Promise<Float32Array> {
    return this.line.call("mask", [this.parsed.picture, region]);
  }

  /** The picture with a look on it; parsed once, it can be had with many. */
  apply(look: LookLike): Promise<ImageData> {
    return this.line.call("edit", [this.parsed.picture, lookIn(look)]);
  }

  /** Let the worker forget it. */
  close(): Promise<void> {
    return this.line.call("forget", [this.parsed.picture]);
  }
}

function lookIn(look: LookLike): Look {
  if ("use" in look) return { steps: [stepOf(look.use as string, (look.params as Record<string, unknown>) ?? {})], seed: 0 };
  if ("facefx_look" in look) return lookOf(look);
  return lookOf(savedLook(look as Look));
}

async function pixelsOf(image: ImageLike): Promise<Pixels> {
  if (image instanceof ImageData) return image;
  try {
    return await createImageBitmap(image);
  } catch {
    throw new FacefxError("this is no picture that the browser can open; JPEG, PNG, WebP, AVIF and GIF are allowed");
  }
}

function transferable(pixels: Pixels): Transferable[] {
  return pixels instanceof ImageBitmap ? [pixels] : [];
}
