/** Looks: steps that are run one after the other, as Python saves them in JSON. */

import { type EffectName, type Parameters, effectNamed, resolved } from "./effects/parameters";
import { FacefxError, LookError, shown } from "./errors";
import { FACE, indicesOf, isSceneWide, isWithin } from "./labels";

export interface Step {
  use: EffectName;
  params: Parameters;
}

export interface Look {
  steps: readonly Step[];
  seed: number;
}

const OF_LOOK = ["facefx_look", "summary", "seed", "steps"];
const OF_STEP = ["use", "version", "params"];

/** A look of one step. Raises `UnknownName` or `ParameterError`. */
export function stepOf(use: string, params: Readonly<Record<string, unknown>> = {}): Step {
  const { name, declaration } = effectNamed(use);
  return { use: name, params: resolved(name, declaration, params) };
}

/** The look in a text of JSON, as `Chain.save` writes it. Raises `LookError`, which says what of it cannot be run here. */
export function readLook(text: string): Look {
  let table: unknown;
  try {
    table = JSON.parse(text);
  } catch (error) {
    throw new LookError(`a look is JSON, and this is none: ${error instanceof Error ? error.message : error}`);
  }
  return lookOf(table);
}

/** The look that a table means. Raises `LookError`. */
export function lookOf(table: unknown): Look {
  if (!isTable(table) || table.facefx_look !== 1) {
    throw new LookError("not a facefx look: a look is a table with facefx_look: 1 and a list of steps");
  }
  checkKeys(table, OF_LOOK, "a look");
  const { seed = 0, steps } = table;
  if (!Array.isArray(steps) || !Number.isInteger(seed) || !steps.every((step) => isTable(step) && "use" in step)) {
    throw new LookError("a look needs a whole-number seed and a list of steps, each with use: the effect's name, and params");
  }
  return { steps: steps.map(savedStep), seed: seed as number };
}

function savedStep(saved: Record<string, unknown>): Step {
  checkKeys(saved, OF_STEP, "a step");
  const { use, params = {} } = saved;
  if (typeof use !== "string" || !isTable(params)) {
    throw new LookError(`a step needs use: an effect's name, and params: a table; found was ${shown(saved)}`);
  }
  if (use.includes(":") && !use.startsWith("facefx:")) {
    throw new LookError(`the step ${shown(use)} is of ${shown(use.split(":")[0])}; the browser has facefx's own effects only`);
  }
  try {
    const { name, declaration } = effectNamed(use);
    const version = String(saved.version ?? declaration.version);
    if (version !== declaration.version) {
      throw new LookError(`it was saved for version ${shown(version)} of it; here is ${declaration.version}, which gives another picture`);
    }
    // One with a version was not written by hand, so it holds all parameters that there were.
    const since = declaration.parameters.filter((p) => "version" in saved && p.once !== undefined).map((p) => [p.name, p.once]);
    return { use: name, params: resolved(name, declaration, { ...Object.fromEntries(since), ...params }) };
  } catch (error) {
    if (error instanceof FacefxError) throw new LookError(`the step ${shown(use)} cannot be run here: ${error.message}`);
    throw error;
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkKeys(table: Record<string, unknown>, known: readonly string[], what: string): void {
  const unknown = Object.keys(table).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new LookError(`${what} has no ${shown(unknown)}; it has ${known.join(", ")}`);
}

/** The look as JSON can hold it, which Python reads, too. */
export function savedLook({ steps, seed }: Look): Record<string, unknown> {
  const saved = steps.map(({ use, params }) => ({ use: `facefx:${use}`, version: effectNamed(use).declaration.version, params }));
  return { facefx_look: 1, seed, steps: saved };
}

/** Whether a look needs more of a face than parts of it, such as hair or what is behind. */
export function looksWidely({ steps }: Look): boolean {
  return steps.some(({ use }) => use === "smooth_skin" || !isWithin(indicesOf(effectNamed(use).declaration.region), FACE));
}

/** Whether it needs whole people, or what is behind them. */
export function looksWholly({ steps }: Look): boolean {
  return steps.some(({ use }) => isSceneWide(effectNamed(use).declaration.region));
}

/** Whether one of its steps hides people, so that no face may be missed. */
export function isPrivate({ steps }: Look): boolean {
  return steps.some(({ use }) => effectNamed(use).declaration.private);
}
