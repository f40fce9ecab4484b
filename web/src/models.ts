/** The models that come with a page: cards and networks from a folder, held to their cards' checksums. */

import { ModelError } from "./errors";
import type { Card, DetectorCard, Quality, SegmenterCard } from "./inference/cards";
import { Detector } from "./inference/detector";
import type { Runtime } from "./inference/network";
import { PeopleFinder } from "./inference/people";
import { Segmenter } from "./inference/segmenter";
import type { Parser } from "./parsing/parser";

export interface ModelNames {
  segmenter: string;
  detector: string;
  /** Null for none. */
  person: string | null;
}

/** Side in pixels of the crops on which a camera's faces are parsed fast: half the time of what a photo takes, on a small picture. */
const FRAME = 160;

/** Models from a folder that holds one folder for each, which parse together. */
export class Models {
  private constructor(
    private readonly folder: string,
    private readonly person: string | null,
    private readonly parsing: Fetched<SegmenterCard>,
    private readonly finding: Fetched<DetectorCard>,
  ) {}

  static async fetched(folder: string, { segmenter, detector, person }: ModelNames): Promise<Models> {
    const [parsing, finding] = await Promise.all([
      fetched<SegmenterCard>(`${folder}${segmenter}/`, "model.onnx"),
      fetched<DetectorCard>(`${folder}${detector}/`, "detector.onnx"),
    ]);
    return new Models(folder, person, parsing, finding);
  }

  /** What makes parsers of them, of photos or of frames, that are run by a runtime. */
  async openedBy(runtime: Runtime): Promise<{ ofPhotos(quality: Quality): Parser; ofFrames(quality: Quality): Parser }> {
    const { parsing, finding, person, folder } = this;
    // One after the other: onnxruntime-web does not start twice at a time.
    const finder = new Detector(finding.card, await runtime.open(finding.bytes));
    const network = await runtime.open(parsing.bytes);
    const ofPeople = once(async () => {
      const { card, bytes } = await fetched<SegmenterCard>(`${folder}${person}/`, "person.onnx");
      return { card, network: await runtime.open(bytes) };
    });
    const parser = (quality: Quality, atMost: number): Parser => ({
      detector: finder,
      segmenter: Segmenter.of(parsing.card, network, quality, atMost),
      people: person === null ? null : once(async () => ofPeople().then((model) => PeopleFinder.of(model.card, model.network, quality))),
    });
    return {
      ofPhotos: (quality) => parser(quality, Infinity),
      ofFrames: (quality) => parser(quality, quality === "fast" ? FRAME : Infinity),
    };
  }
}

/** What is made when it is first asked for, and again if that failed. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error) => {
      made = null;
      throw error;
    });
    return made;
  };
}

interface Fetched<C> {
  card: C;
  bytes: Uint8Array;
}

async function fetched<C extends Card>(folder: string, file: string): Promise<Fetched<C>> {
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
