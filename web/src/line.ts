/** Calls to a worker, and its answers. */

import { FacefxError, type PlainError, fromPlain } from "./errors";

/** What a worker does: each by its name. */
type Works<W> = { [K in keyof W]: (...args: never[]) => unknown };
type Arguments<F> = F extends (...args: infer A) => unknown ? A : never;
type Result<F> = F extends (...args: never[]) => infer R ? R : never;

export class Line<W extends Works<W>> {
  private readonly waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  private count = 0;
  private ended: Error | null = null;

  constructor(private readonly worker: Worker) {
    worker.onmessage = ({ data }: MessageEvent<{ id: number; result: unknown } | { id: number; error: PlainError }>) => {
      const call = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ("error" in data) call?.reject(fromPlain(data.error));
      else call?.resolve(data.result as never);
    };
    worker.onerror = ({ message }) => this.end(new FacefxError(`the worker failed: ${message || "it could not be started"}`));
  }

  call<K extends keyof W>(call: K, args: Arguments<W[K]>, transferred: Transferable[] = []): Promise<Result<W[K]>> {
    if (this.ended) return Promise.reject(this.ended);
    const id = ++this.count;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, call, args }, transferred);
    });
  }

  close(): void {
    this.worker.terminate();
    this.end(new FacefxError("this was closed; call load again"));
  }

  private end(error: Error): void {
    this.ended = error;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
