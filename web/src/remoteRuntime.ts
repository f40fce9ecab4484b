/** A `Runtime` in a worker of its own: `networks.ts`. */

import { Line } from "./line";
import type { Runtime, Tensor } from "./inference/network";
import type { Loaded } from "./messages";
import type { RuntimeChoice } from "./runtime";
import type { PlainError } from "./errors";

/** What that worker does. */
export interface NetworkWork {
  start(choice: RuntimeChoice): Loaded;
  /** The network's number. */
  open(model: Uint8Array): number;
  run(network: number, input: Tensor): Tensor;
}

export type NetworkRequest = { [K in keyof NetworkWork]: { id: number; call: K; args: Parameters<NetworkWork[K]> } }[keyof NetworkWork];
export type NetworkAnswer = { id: number } & ({ result: ReturnType<NetworkWork[keyof NetworkWork]> } | { error: PlainError });

export async function openRemoteRuntime(choice: RuntimeChoice): Promise<Runtime & Loaded> {
  const line = new Line<NetworkWork>(new Worker(new URL("./networks.ts", import.meta.url), { type: "module" }));
  const { provider, threads } = await line.call("start", [choice]);
  return {
    provider,
    threads,
    async open(model) {
      const number = await line.call("open", [model]); // a copy: another runtime may open it, too
      return { run: (input) => line.call("run", [number, input], [input.data.buffer]) };
    },
  };
}
