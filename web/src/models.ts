/** The models that come with a page: cards and networks from a folder, held to their cards' checksums. */

import { ModelError } from "./errors";
import type { Card, DetectorCard, Quality, SegmenterCard } from "./inference/cards";
import { Detector } from "./inference/detector";
import type { Runtime } from "./inference/network";
import { Segmenter } from "./inference/segmenter";
import type { Parser } from "./parsing/parser";

export interface ModelNames {
  segmenter: string;
  detector: string;
}

/** Fetch the two models that parse together, from a folder that holds one folder for each, and open them: a parser for each quality. */
export async function openParsers(
  folder: string,
  { segmenter, detector }: ModelNames,
  qualities: readonly Quality[],
  runtime: Runtime,
): Promise<Parser[]> {
  const [parsing, finding] = await Promise.all([
    fetched<SegmenterCard>(`${folder}${segmenter}/`, "model.onnx"),
    fetched<DetectorCard>(`${folder}${detector}/`, "detector.onnx"),
  ]);
  // One after the other: onnxruntime-web does not start twice at a time.
  const finder = new Detector(finding.card, await runtime.open(finding.bytes));
  const network = await runtime.open(parsing.bytes);
  return qualities.map((quality) => ({ detector: finder, segmenter: Segmenter.of(parsing.card, network, quality) }));
}

async function fetched<C extends Card>(folder: string, file: string): Promise<{ card: C; bytes: Uint8Array }> {
  const [card, bytes] = await Promise.all([
    got(`${folder}card.json`).then((answer) => answer.json() as Promise<C>),
    got(`${folder}${file}`).then((answer) => answer.arrayBuffer()),
  ]);
  if (!globalThis.crypto?.subtle) return { card, bytes: new Uint8Array(bytes) }; // a page without https cannot reckon checksums
  const sum = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (sum !== card.sha256) throw new ModelError(`${folder}${file} is damaged: its checksum is ${sum}, its card says ${card.sha256}`);
  return { card, bytes: new Uint8Array(bytes) };
}

async function got(address: string): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(address);
  } catch (error) {
    throw new ModelError(`${address} could not be loaded: ${error instanceof Error ? error.message : error}`);
  }
  if (!answer.ok) throw new ModelError(`${address} could not be loaded: the server answered ${answer.status}`);
  return answer;
}
