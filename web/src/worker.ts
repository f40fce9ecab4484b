/** The worker: holds the models and the pictures that were parsed, so that a page never waits. */

import { ModelError, NoFaceFound, ParameterError, asPlain } from "./errors";
import type { Scene } from "./face/scene";
import { isSceneWide } from "./labels";
import { isPrivate, looksWholly, looksWidely } from "./looks";
import type { Answer, FaceInfo, Pixels, Request, Work } from "./messages";
import { Models, once } from "./models";
import { edited } from "./painting";
import { Frames } from "./parsing/frames";
import type { Parser } from "./parsing/parser";
import { parsePicture, withPeople, withSightings } from "./parsing/pipeline";
import { Canvas, type Photo } from "./picture";
import { openRemoteRuntime } from "./remoteRuntime";
import { openRuntime } from "./runtime";

type Promised = { [K in keyof Work]: (...args: Parameters<Work[K]>) => ReturnType<Work[K]> | Promise<ReturnType<Work[K]>> };

let parser: Parser | null = null;
let frames: (() => Promise<Frames>) | null = null;
const scenes = new Map<number, Scene>();
let count = 0;

const work: Promised = {
  async load({ base, models, quality, frameQuality, provider, threads }) {
    const files = `${base}ort/`;
    const runtime = await opened({ files, provider, threads });
    const fetched = await Models.fetched(`${base}models/`, models);
    const ready = await fetched.openedBy(runtime);
    parser = await ready.ofPhotos(quality);
    frames = once(async () => {
      // While networks see one frame another is painted: that is a thread, too, and networks that want all of them take it from it.
      const isShared = runtime.provider !== "wasm" || runtime.threads === 1;
      const beside = isShared ? ready : await fetched.openedBy(await opened({ files, provider: "wasm", threads: runtime.threads - 1 }));
      return new Frames(await beside.ofFrames(frameQuality));
    });
    return { provider: runtime.provider, threads: runtime.threads };
  },

  async parse(pixels) {
    const scene = await parsePicture(Canvas.of(photoOf(pixels)), loaded(parser));
    scenes.set(++count, scene);
    return { picture: count, width: scene.canvas.width, height: scene.canvas.height, faces: scene.faces.map(infoOf) };
  },

  labels: (picture) => sceneOf(picture).labelMap(),

  async mask(picture, region) {
    return (isSceneWide(region) ? await wholly(picture) : sceneOf(picture)).mask(region).data;
  },

  async edit(picture, look) {
    if (looksWholly(look)) await wholly(picture);
    const scene = isPrivate(look) ? await carefully(picture) : sceneOf(picture);
    if (!scene.faces.length && !(isPrivate(look) && scene.seen.length)) {
      throw new NoFaceFound("no face was found in this picture; give one that shows a face, upright or turned, of 24 pixels and more");
    }
    return imageOf(edited(scene, look).canvas);
  },

  forget(picture) {
    scenes.delete(picture);
    sighted.delete(picture);
  },

  async frame(pixels, look) {
    const picture = Canvas.of(photoOf(pixels));
    const following = await loaded(frames)();
    const scene = await following.parse(picture, {
      widely: looksWidely(look),
      isPrivate: isPrivate(look),
      wholly: looksWholly(look),
    });
    return { pixels: imageOf(edited(scene, look).canvas), faces: scene.faces.map(infoOf) };
  },
};

/** What runs networks, in a worker of its own where one can be started. */
const opened = "Worker" in self ? openRemoteRuntime : openRuntime;

/** The picture with what a network says of whole people, from now on. */
async function wholly(picture: number): Promise<Scene> {
  const scene = await withPeople(sceneOf(picture), loaded(parser));
  if (scene !== sceneOf(picture)) sighted.delete(picture);
  scenes.set(picture, scene);
  return scene;
}

/** Pictures that were looked at again since a look hides people in them. */
const sighted = new Map<number, Scene>();

async function carefully(picture: number): Promise<Scene> {
  let scene = sighted.get(picture);
  if (!scene) {
    scene = await withSightings(sceneOf(picture), loaded(parser));
    sighted.set(picture, scene);
  }
  return scene;
}

function loaded<T>(part: T | null): T {
  if (!part) throw new ModelError("no models are loaded; call load first");
  return part;
}

function sceneOf(picture: number): Scene {
  const scene = scenes.get(picture);
  if (!scene) throw new ParameterError("this picture was closed; parse it again");
  return scene;
}

function infoOf({ box: { x0, y0, x1, y1 }, roll, score }: FaceInfo): FaceInfo {
  return { box: { x0, y0, x1, y1 }, roll, score };
}

function photoOf(pixels: Pixels): Photo {
  if (!("close" in pixels)) return pixels;
  const { width, height } = pixels;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new ModelError("this browser cannot draw in a worker");
  context.drawImage(pixels, 0, 0);
  pixels.close();
  return context.getImageData(0, 0, width, height);
}

function imageOf(canvas: Canvas): ImageData {
  return new ImageData(canvas.bytesOut(), canvas.width, canvas.height);
}

/** One after the other, since networks run one at a time. */
let last: Promise<unknown> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<Request>) => {
  last = last.then(() => answer(data));
};

async function answer({ id, call, args }: Request): Promise<void> {
  try {
    const result = await (work[call] as (...args: unknown[]) => unknown)(...args);
    send({ id, result } as Answer, result instanceof ImageData ? [result.data.buffer] : []);
  } catch (error) {
    send({ id, error: asPlain(error) }, []);
  }
}

function send(message: Answer, transferred: Transferable[]): void {
  (self as unknown as Worker).postMessage(message, transferred);
}
