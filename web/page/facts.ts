/** What the page weighs, and how fast it was: shown at its foot. */

import { $ } from "./dom";
import { type Word, language, word } from "./words";

/** Bytes of what is fetched where there is no WebGPU, part by part: as the files are, and gzipped, as most hosts send them. The build writes it. */
type Sizes = Record<"runtime" | "parser" | "detector" | "people" | "page", { bytes: number; gzipped: number }>;

let sizes: Sizes | null = null;
let speed: { perSecond: number; width: number; height: number } | null = null;
let isKept = false;

/** Ask how large the page is; where that is not known nothing is shown. */
export async function weigh(): Promise<void> {
  sizes = await fetch("./sizes.json").then((answer) => (answer.ok ? answer.json() : null), () => null);
  showFacts();
}

/** How many frames of a camera were shown in a second, and how large they are. */
export function sped(perSecond: number, { videoWidth: width, videoHeight: height }: HTMLVideoElement): void {
  speed = { perSecond, width, height };
  $("rate").textContent = rate();
}

/** That it works without a network from now on. */
export function keptNow(): void {
  isKept = true;
  showFacts();
}

/** All of it, in the page's language. */
export function showFacts(): void {
  $("kept").textContent = isKept ? word("kept") : "";
  $("weight").textContent = sizes ? weight(sizes) : "";
  $("speed").textContent = speed ? `${word("lastCamera")} ${rate()}, ${speed.width} × ${speed.height}.` : "";
}

function rate(): string {
  return speed ? `${number(speed.perSecond)} ${word("perSecond")}` : "";
}

function weight(parts: Sizes): string {
  const all = Object.values(parts);
  const [gzipped, bytes] = (["gzipped", "bytes"] as const).map((kind) => number(all.reduce((sum, part) => sum + part[kind], 0) / 1e6));
  const each = Object.entries(parts).map(([name, part]) => `${word(name as Word)} ${number(part.gzipped / 1e6)}`);
  return `${word("toLoad")} ${gzipped} MB (${each.join(", ")}); ${word("ungzipped")} ${bytes} MB.`;
}

function number(value: number): string {
  return new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
}
