/** Running a look on a scene: the core cuts the crop, makes the mask, calls the effect and blends, so that it stays in its place. */

import { anonymize } from "./effects/anonymize";
import { blurBackground } from "./effects/blurBackground";
import type { Paint } from "./effects/paint";
import { type Declaration, type EffectName, FacesChoice, type Parameters, effectNamed } from "./effects/parameters";
import { recolorHair } from "./effects/recolorHair";
import { recolorLips } from "./effects/recolorLips";
import { smoothSkin } from "./effects/smoothSkin";
import { type Face, FaceView } from "./face/face";
import type { Scene } from "./face/scene";
import { isSceneWide } from "./labels";
import type { Look, Step } from "./looks";
import type { Canvas } from "./picture";
import { composite } from "./pixels/blend";
import { Raster, type Window, clamp } from "./pixels/raster";

const PAINTS = {
  recolor_lips: recolorLips,
  recolor_hair: recolorHair,
  smooth_skin: smoothSkin,
  blur_background: blurBackground,
  anonymize,
} as unknown as Record<EffectName, Paint<Parameters>>;

/** The scene with all steps of a look on it. */
export function edited(scene: Scene, { steps }: Look): Scene {
  return steps.reduce(withStep, scene);
}

function withStep(scene: Scene, { use, params }: Step): Scene {
  const { declaration } = effectNamed(use);
  const { faces: choice, ...own } = params;
  const all = declaration.private ? [...scene.faces, ...scene.seen] : scene.faces;
  const chosen = FacesChoice.of(choice)?.indices(all.map((face) => face.box.center)) ?? [];
  const faces = chosen.map((index) => all[index]);
  if (own.strength === 0 || !faces.length) return scene;
  const paint = PAINTS[use];
  if (isSceneWide(declaration.region)) return paintedWidely(scene, faces, declaration, paint, own);
  const canvas = faces.reduce((before, face) => paintedFace(before, face, declaration, paint, own), scene.canvas);
  return scene.withCanvas(canvas);
}

function paintedFace(canvas: Canvas, face: Face, declaration: Declaration, paint: Paint<Parameters>, params: Parameters): Canvas {
  const { region, margin } = declaration;
  const patch = declaration.private ? face.hidingPatch(region) : face.patch(region);
  if (!patch.mask.area) return canvas;
  const window = grown(patch.window, Math.ceil(margin * face.box.side), canvas);
  const mask = new Raster(window[3] - window[1], window[2] - window[0]);
  mask.put(patch.mask, patch.window[0] - window[0], patch.window[1] - window[1]);
  const image = canvas.part(window);
  const painted = paint({ image, mask, unit: face.box.side, face: new FaceView(face, window) }, params);
  // Where someone is hidden a share of the old picture at soft edges would show it.
  return canvas.painted(window, declaration.private ? painted.map((value) => clamp(value, 0, 1)) : composite(image, painted, mask));
}

function paintedWidely(scene: Scene, faces: readonly Face[], { region }: Declaration, paint: Paint<Parameters>, params: Parameters): Scene {
  const { canvas } = scene;
  const window: Window = [0, 0, canvas.width, canvas.height];
  const mask = scene.maskOf(region, faces);
  if (!mask.data.some((value) => value !== 0)) return scene;
  const image = canvas.part(window);
  const painted = paint({ image, mask, unit: faces[0].box.side, face: new FaceView(faces[0], window) }, params);
  return scene.withCanvas(canvas.painted(window, composite(image, painted, mask)));
}

/** The window made larger on each side as far as the picture goes. */
function grown([x0, y0, x1, y1]: Window, reach: number, { height, width }: { height: number; width: number }): Window {
  return [Math.max(x0 - reach, 0), Math.max(y0 - reach, 0), Math.min(x1 + reach, width), Math.min(y1 + reach, height)];
}
