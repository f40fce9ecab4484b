/** The loops that most of the time goes to, in WebAssembly: `kernels.wat`. onnxruntime-web needs its SIMD, too. */

import bytes from "./kernels.wat";

/** What the module has; places and lengths are in bytes of its memory. */
interface Kernels {
  memory: WebAssembly.Memory;
  across(from: number, to: number, length: number, step: number, weights: number, reach: number): void;
  down(middle: number, to: number, length: number, weights: number, reach: number): void;
}

let kernels: Kernels | null = null;

/** The module, whose memory is at least so large. What lies in it is anybody's: it is used by one call at a time. */
export function kernelsWith(size: number): Kernels {
  kernels ??= new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Kernels;
  const lacking = size - kernels.memory.buffer.byteLength;
  if (lacking > 0) kernels.memory.grow(Math.ceil(lacking / 65536));
  return kernels;
}

/** A length as vectors take it. */
export function inWhole(length: number): number {
  return Math.ceil(length / 32) * 32;
}
