/** The effects that the browser has, as Python declares them: their parameters, defaults, and what they may be. */

import { hexOf } from "../colorCodes";
import { ParameterError, UnknownName, shown } from "../errors";
import facts from "../facts.json";

export type Value = boolean | number | string;
export type Parameters = Record<string, Value>;

export interface Parameter {
  name: string;
  kind: "bool" | "int" | "float" | "choice" | "color" | "picture" | "faces";
  default: Value;
  low?: number;
  high?: number;
  choices?: readonly string[];
  /** What looks mean that were saved without it. */
  once?: Value;
}

export interface Declaration {
  version: string;
  summary: string;
  region: string;
  margin: number;
  private: boolean;
  /** What its random numbers start from, in hexadecimal digits. */
  key: string;
  parameters: readonly Parameter[];
}

export type EffectName = keyof typeof facts.effects;
export const EFFECTS = facts.effects as unknown as Readonly<Record<EffectName, Declaration>>;

/** The declaration of an effect by its name, "recolor_lips" or "facefx:recolor_lips". Raises `UnknownName`. */
export function effectNamed(name: string): { name: EffectName; declaration: Declaration } {
  const short = name.replace(/^facefx:/, "");
  if (Object.hasOwn(EFFECTS, short)) return { name: short as EffectName, declaration: EFFECTS[short as EffectName] };
  const here = `it has ${Object.keys(EFFECTS).join(", ")}`;
  if (facts.elsewhere.includes(short)) throw new UnknownName(`the browser does not have the effect ${shown(short)}, Python does; ${here}`);
  throw new UnknownName(`there is no effect ${shown(name)}; ${here}`);
}

/** All parameters, the given ones checked and the rest at their defaults. Raises `ParameterError`. */
export function resolved(owner: string, { parameters }: Declaration, given: Readonly<Record<string, unknown>>): Parameters {
  for (const name of Object.keys(given)) {
    if (!parameters.some((parameter) => parameter.name === name)) {
      const known = parameters.map((parameter) => parameter.name).join(", ");
      throw new ParameterError(`${owner} has no parameter ${shown(name)}; it has: ${known}`);
    }
  }
  return Object.fromEntries(parameters.map((p) => [p.name, Object.hasOwn(given, p.name) ? checked(owner, p, given[p.name]) : p.default]));
}

function checked(owner: string, parameter: Parameter, value: unknown): Value {
  const found = canonical(parameter, value);
  if (found !== null) return found;
  throw new ParameterError(
    `${owner}: ${parameter.name}=${shown(value)} is not allowed; it takes ${allowed(parameter)}, by default ${shown(parameter.default)}`,
  );
}

function canonical({ kind, low, high, choices }: Parameter, value: unknown): Value | null {
  const isInRange = typeof value === "number" && Number.isFinite(value) && value >= (low ?? -Infinity) && value <= (high ?? Infinity);
  switch (kind) {
    case "bool":
      return typeof value === "boolean" ? value : null;
    case "int":
      return isInRange && Number.isInteger(value) ? value : null;
    case "float":
      return isInRange ? value : null;
    case "choice":
      return typeof value === "string" && choices?.includes(value) ? value : null;
    case "color":
      return typeof value === "string" ? hexOf(value) : null;
    case "picture":
      return value === "" ? "" : null;
    case "faces":
      return FacesChoice.of(value) && (typeof value === "string" || typeof value === "number") ? value : null;
  }
}

function allowed({ kind, low, high, choices }: Parameter): string {
  if (kind === "bool") return "true or false";
  if (kind === "choice") return `one of ${choices?.join(", ")}`;
  if (kind === "color") return "a colour such as '#c00', '#cc0000' or 'plum'";
  if (kind === "picture") return "nothing here: a browser opens no file by its path, Python lays the sticker";
  if (kind === "faces") return "all, largest, a face's number (0 for the largest), several such as '0,2', or all but those: '!0'";
  const number = kind === "int" ? "a whole number" : "a number";
  return low === undefined ? number : `${number} from ${low} to ${high}`;
}

/** Whose face an effect works on. */
export class FacesChoice {
  private constructor(
    private readonly isBut: boolean,
    private readonly test: (index: number, middle: readonly [number, number]) => boolean,
  ) {}

  /** What a value of the parameter `faces` means; null if it means nothing. */
  static of(value: unknown): FacesChoice | null {
    if (typeof value === "number") return Number.isInteger(value) && value >= 0 ? new FacesChoice(false, (index) => index === value) : null;
    if (typeof value !== "string") return null;
    const isBut = value.trim().startsWith("!");
    const text = value.trim().replace(/^!/, "").trim();
    if (text === "all") return isBut ? null : new FacesChoice(false, () => true);
    if (text === "largest") return new FacesChoice(isBut, (index) => index === 0);
    const rectangle = /^\(([^()]*)\)$/.exec(text)?.[1].split(",").map(Number);
    if (rectangle?.length === 4 && rectangle.every(Number.isFinite)) {
      const [x0, y0, x1, y1] = rectangle;
      if (x0 >= x1 || y0 >= y1) return null;
      return new FacesChoice(isBut, (_, [x, y]) => x >= x0 && x < x1 && y >= y0 && y < y1);
    }
    const parts = text.split(",");
    if (!parts.every((part) => (isBut ? /^\s*!?\s*\d{1,6}\s*$/ : /^\s*\d{1,6}\s*$/).test(part))) return null;
    const numbers = parts.map((part) => Number(part.replace("!", "")));
    return new FacesChoice(isBut, (index) => numbers.includes(index));
  }

  /** Which of some faces, largest first, it chooses, given the middles of their boxes. */
  indices(middles: readonly (readonly [number, number])[]): number[] {
    return [...middles.keys()].filter((index) => this.test(index, middles[index]) !== this.isBut);
  }
}
