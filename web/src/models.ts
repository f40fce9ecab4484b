/** The models that come with a page: cards and networks from a folder, held to their cards' checksums. */

import { ModelError } from "./errors";
import { type Card, type DetectorCard, type Quality, type SegmenterCard, runOf } from "./inference/cards";
import { Detector } from "./inference/detector";
import type { Network, Runtime } from "./inference/network";
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
  /** The parser's bytes; which of them are asked for depends on the quality and on what runs them. */
  private readonly floats = once(() => fetched(this.home, "model.onnx", this.parsing.sha256));
  private readonly integers = once(() => fetched(this.home, "model.int8.onnx", this.parsing.int8?.sha256 ?? ""));

  private constructor(
    private readonly folder: string,
    private readonly home: string,
    private readonly person: string | null,
    private readonly parsing: SegmenterCard,
    private readonly finding: DetectorCard,
    private readonly finder: Uint8Array,
  ) {}

  static async fetched(folder: string, { segmenter, detector, person }: ModelNames): Promise<Models> {
    const [parsing, finding] = await Promise.all([cardIn<SegmenterCard>(`${folder}${segmenter}/`), cardIn<DetectorCard>(`${folder}${detector}/`)]);
    const finder = await fetched(`${folder}${detector}/`, "detector.onnx", finding.sha256);
    return new Models(folder, `${folder}${segmenter}/`, person, parsing, finding, finder);
  }

  /** What makes parsers of them, of photos or of frames, that are run by a runtime. */
  async openedBy(runtime: Runtime): Promise<{ ofPhotos(quality: Quality): Promise<Parser>; ofFrames(quality: Quality): Promise<Parser> }> {
    const { parsing, finding, person, folder } = this;
    // One after the other: onnxruntime-web does not start twice at a time.
    const finder = new Detector(finding, await runtime.open(this.finder));
    const inFloats = once(async () => runtime.open(await this.floats()));
    const inIntegers = once(async () => runtime.open(await this.integers()));
    // Integers are for processors: a graphics processor has no operators for them.
    const network = (quality: Quality): Promise<Network> => (runOf(parsing, quality).int8 && runtime.provider === "wasm" ? inIntegers() : inFloats());
    const ofPeople = once(async () => {
      const card = await cardIn<SegmenterCard>(`${folder}${person}/`);
      return { card, network: await runtime.open(await fetched(`${folder}${person}/`, "person.onnx", card.sha256)) };
    });
    const parser = async (quality: Quality, atMost: number): Promise<Parser> => ({
      detector: finder,
      segmenter: Segmenter.of(parsing, await network(quality), quality, atMost),
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

async function cardIn<C extends Card>(folder: string): Promise<C> {
  return (await got(`${folder}card.json`)).json();
}

/** A file's bytes, if they are those of the checksum. */
async function fetched(folder: string, file: string, sha256: string): Promise<Uint8Array> {
  const bytes = await (await got(`${folder}${file}`)).arrayBuffer();
  if (!globalThis.crypto?.subtle) return new Uint8Array(bytes); // a page without https cannot reckon checksums
  const sum = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (sum !== sha256) throw new ModelError(`${folder}${file} is damaged: its checksum is ${sum}, its card says ${sha256}`);
  return new Uint8Array(bytes);
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
