/** Running a look on a scene: the core cuts the crop, makes the mask, calls the effect and blends, so that it stays in its place. */

import { anonymize } from "./effects/anonymize";
import { blurBackground } from "./effects/blurBackground";
import type { Paint, Supplied } from "./effects/paint";
import { type Declaration, type EffectName, FacesChoice, type Parameters, effectNamed } from "./effects/parameters";
import { recolorHair } from "./effects/recolorHair";
import { recolorLips } from "./effects/recolorLips";
import { smoothSkin } from "./effects/smoothSkin";
import { type Face, FaceView } from "./face/face";
import { behindHidden, withHidden, withoutHidden } from "./face/hidden";
import type { Scene } from "./face/scene";
import { isSceneWide } from "./labels";
import type { Look, Step } from "./looks";
import { composite } from "./pixels/blend";
import { borrowing } from "./pixels/borrowed";
import { Random, SeedSequence } from "./pixels/random";
import { Raster, type Window, clamp } from "./pixels/raster";
import { type Light, inItsLight, inWhiteLight } from "./pixels/relight";

const PAINTS = {
  recolor_lips: recolorLips,
  recolor_hair: recolorHair,
  smooth_skin: smoothSkin,
  blur_background: blurBackground,
  anonymize,
} as unknown as Record<EffectName, Paint<Parameters>>;

/** An effect with its parameters, and the numbers of chance for one face. */
type Painting = (supplied: Omit<Supplied, "random">) => Raster;

/** The scene with all steps of a look on it. */
export function edited(scene: Scene, { steps, seed }: Look): Scene {
  return steps.reduce((before, step, index) => {
    const occurrence = steps.slice(0, index).filter(({ use }) => use === step.use).length;
    return withStep(before, step, (face) => chance(step.use, seed, occurrence, face));
  }, scene);
}

/** What an effect's random numbers start from: the look's seed, the effect, how often it came before, and the face, as in Python. */
function chance(use: EffectName, seed: number, occurrence: number, face: number): Random {
  const ofStep = new SeedSequence([BigInt.asUintN(63, BigInt(seed)), BigInt(`0x${effectNamed(use).declaration.key}`), occurrence]);
  return new Random(new SeedSequence([...ofStep.words(4), face]));
}

function withStep(scene: Scene, { use, params }: Step, random: (face: number) => Random): Scene {
  const { declaration } = effectNamed(use);
  const { faces: choice, light, ...own } = params;
  const all = declaration.private ? [...scene.faces, ...scene.seen] : scene.faces;
  const chosen = FacesChoice.of(choice)?.indices(all.map((face) => face.box.center)) ?? [];
  const faces = chosen.map((index) => all[index]);
  if (own.strength === 0 || !faces.length) return scene;
  const painting = (index: number): Painting => (supplied) => PAINTS[use]({ ...supplied, random: () => random(index) }, own);
  if (isSceneWide(declaration.region)) return paintedWidely(scene, faces, declaration, painting(0));
  const lightOn = (index: number): Light | null => (light === "scene" ? all[index].lightOn(declaration.region) : null);
  return chosen.reduce((before, index) => paintedFace(before, all[index], declaration, painting(index), lightOn(index)), scene);
}

/** A painting that sees the picture as it would look in white light, and whose colours are shown in the light that there is. */
function inSceneLight(paint: Painting, light: Light): Painting {
  if (light.every((strength) => strength === 1)) return paint;
  return (supplied) => {
    const white = inWhiteLight(supplied.image, light);
    return inItsLight(supplied.image, white, paint({ ...supplied, image: white }), light, supplied.mask);
  };
}

/** The scene with a face painted, in the light that there is if that counts. */
function paintedFace(scene: Scene, face: Face, declaration: Declaration, painting: Painting, light: Light | null): Scene {
  const { canvas } = scene;
  const paint = light ? inSceneLight(painting, light) : painting;
  const { region, margin } = declaration;
  const patch = declaration.private ? face.hidingPatch(region) : face.patch(region);
  if (!patch.mask.area) return scene;
  const window = grown(patch.window, Math.ceil(margin * face.box.side), canvas);
  let { hidden } = scene;
  const pixels = (): Raster => {
    const whole = new Raster(window[3] - window[1], window[2] - window[0]);
    whole.put(patch.mask, patch.window[0] - window[0], patch.window[1] - window[1]);
    const mask = hidden && !declaration.private ? withoutHidden(whole, hidden, window) : whole;
    const image = canvas.part(window);
    const painted = paint({ image, mask, unit: face.box.side, face: new FaceView(face, window, light) });
    // Where someone is hidden a share of the old picture at soft edges would show it.
    if (!declaration.private) return composite(image, painted, mask);
    const shown = painted.map((value) => clamp(value, 0, 1));
    hidden = withHidden(hidden, image, shown, window, canvas);
    return shown;
  };
  const done = canvas.painted(window, face.isInFilm ? borrowing(pixels, (made) => made.copy()) : pixels());
  return scene.withCanvas(done, hidden);
}

function paintedWidely(scene: Scene, faces: readonly Face[], { region }: Declaration, paint: Painting): Scene {
  const { canvas } = scene;
  const window: Window = [0, 0, canvas.width, canvas.height];
  const found = scene.maskOf(region, faces);
  const mask = scene.hidden ? behindHidden(found, scene.hidden) : found;
  if (!mask.data.some((value) => value !== 0)) return scene;
  const image = canvas.part(window);
  const painted = paint({ image, mask, unit: faces[0].box.side, face: new FaceView(faces[0], window) });
  return scene.withCanvas(canvas.painted(window, composite(image, painted, mask)));
}

/** The window made larger on each side as far as the picture goes. */
function grown([x0, y0, x1, y1]: Window, reach: number, { height, width }: { height: number; width: number }): Window {
  return [Math.max(x0 - reach, 0), Math.max(y0 - reach, 0), Math.min(x1 + reach, width), Math.min(y1 + reach, height)];
}
