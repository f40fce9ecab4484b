/** Work that goes on while other things are done: asked now and then whether it is finished. */
export class UnderWay<T> {
  private ended: { found: T } | { error: unknown } | null = null;
  /** Done when the work is, whatever came of it. */
  readonly end: Promise<void>;

  constructor(work: Promise<T>) {
    this.end = work.then(
      (found) => {
        this.ended = { found };
      },
      (error) => {
        this.ended = { error };
      },
    );
  }

  /** What came of it, if it is done. Raises what it raised. */
  get result(): { found: T } | null {
    if (this.ended && "error" in this.ended) throw this.ended.error;
    return this.ended;
  }
}
