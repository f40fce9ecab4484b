/** The worker of networks: runs them beside the one that paints, so that the next parsing and this frame's painting share no thread. */

import { asPlain } from "./errors";
import type { Network } from "./inference/network";
import type { NetworkAnswer, NetworkRequest, NetworkWork } from "./remoteRuntime";
import { openRuntime } from "./runtime";

let runtime: Awaited<ReturnType<typeof openRuntime>> | null = null;
const networks: Network[] = [];

const work: { [K in keyof NetworkWork]: (...args: Parameters<NetworkWork[K]>) => Promise<ReturnType<NetworkWork[K]>> } = {
  async start(choice) {
    runtime = await openRuntime(choice);
    return { provider: runtime.provider, threads: runtime.threads };
  },
  async open(model) {
    if (!runtime) throw new Error("start comes first");
    return networks.push(await runtime.open(model)) - 1;
  },
  run: (network, input) => networks[network].run(input),
};

/** One after the other, since networks run one at a time. */
let last: Promise<unknown> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<NetworkRequest>) => {
  last = last.then(() => answer(data));
};

async function answer({ id, call, args }: NetworkRequest): Promise<void> {
  try {
    const result = await (work[call] as (...args: unknown[]) => Promise<unknown>)(...args);
    const { data } = result as { data?: Float32Array };
    send({ id, result } as NetworkAnswer, data ? [data.buffer] : []);
  } catch (error) {
    send({ id, error: asPlain(error) }, []);
  }
}

function send(message: NetworkAnswer, transferred: Transferable[]): void {
  (self as unknown as Worker).postMessage(message, transferred);
}
