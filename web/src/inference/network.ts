/** What runs networks, whatever it is: onnxruntime in a browser, or another one in tests. */

/** Numbers and the lengths of their axes. */
export interface Tensor {
  data: Float32Array;
  dims: readonly number[];
}

/** A network with one input and one output. */
export interface Network {
  run(input: Tensor): Promise<Tensor>;
}

/** Opens networks from the bytes of their ONNX files. */
export interface Runtime {
  /** What it runs on, in words. */
  readonly provider: string;
  open(model: Uint8Array): Promise<Network>;
}
