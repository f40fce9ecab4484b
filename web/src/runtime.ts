/** onnxruntime-web as the `Runtime`: WebGPU where there is one, else WASM with SIMD, and threads where the page is isolated. */

import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-web/wasm";
import { ModelError } from "./errors";
import type { Network, Runtime } from "./inference/network";

export type Provider = "auto" | "webgpu" | "wasm";

export interface RuntimeChoice {
  /** Address of the folder with onnxruntime-web's own files. */
  files: string;
  provider: Provider;
  /** How many threads, where threads can be had; by default one a core, up to 4. */
  threads?: number;
}

/** What both builds of onnxruntime-web have. */
interface Ort {
  env: { wasm: { numThreads?: number; wasmPaths?: unknown }; logLevel?: unknown };
  Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => OrtTensor;
  InferenceSession: { create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
}

/** What networks are run by: WebGPU if that is wanted and there is an adapter, else WASM. */
export async function openRuntime({ files, provider, threads }: RuntimeChoice): Promise<Runtime & { threads: number }> {
  const count = globalThis.crossOriginIsolated ? Math.max(threads ?? Math.min(navigator.hardwareConcurrency || 1, 4), 1) : 1;
  if (provider !== "wasm" && (await hasGpu())) {
    const ort = configured((await import("onnxruntime-web/webgpu")) as unknown as Ort, files, "ort-wasm-simd-threaded.asyncify", count);
    return runtime(ort, "webgpu", count);
  }
  if (provider === "webgpu") throw new ModelError("this browser has no WebGPU adapter; give provider: 'auto' or 'wasm'");
  const ort = configured((await import("onnxruntime-web/wasm")) as unknown as Ort, files, "ort-wasm-simd-threaded", count);
  return runtime(ort, "wasm", count);
}

/** Whether there is a graphics processor, and not software that plays one, which is slower than WASM. */
async function hasGpu(): Promise<boolean> {
  interface Adapter {
    isFallbackAdapter?: boolean;
    info?: { isFallbackAdapter?: boolean };
  }
  const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  try {
    const adapter = await gpu?.requestAdapter();
    return Boolean(adapter) && !adapter?.isFallbackAdapter && !adapter?.info?.isFallbackAdapter;
  } catch {
    return false;
  }
}

function configured(ort: Ort, files: string, name: string, threads: number): Ort {
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = { mjs: `${files}${name}.mjs`, wasm: `${files}${name}.wasm` };
  ort.env.logLevel = "error";
  return ort;
}

function runtime(ort: Ort, provider: "webgpu" | "wasm", threads: number): Runtime & { threads: number } {
  return {
    provider,
    threads,
    async open(model) {
      const session = await ort.InferenceSession.create(model, {
        executionProviders: provider === "webgpu" ? ["webgpu", "wasm"] : ["wasm"],
        graphOptimizationLevel: "all",
      });
      return network(ort, session);
    },
  };
}

function network(ort: Ort, session: InferenceSession): Network {
  const [input, output] = [session.inputNames[0], session.outputNames[0]];
  return {
    async run({ data, dims }) {
      const given = new ort.Tensor("float32", data, dims);
      const { [output]: found } = await session.run({ [input]: given }, [output]);
      const result = { data: (await found.getData()) as Float32Array, dims: found.dims };
      given.dispose();
      return result;
    },
  };
}
