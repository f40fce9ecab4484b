/**
 * Memory for what is worked out frame by frame: taken from one store, and given back all at once.
 *
 * Pictures that are made and dropped by the hundred a frame have a browser look for garbage all the time, and with it forget code that
 * it compiled.
 */

/** Floats of one store, and how many stores there are at most: beyond, memory is asked for as usual. */
const STORE = 1 << 22;
const MOST = 3;
/** Fewer than these are not worth it. */
const LEAST = 256;

const stores: Float32Array[] = [];
let isLent = false;
/** How many stores are used up, and how many floats of the next one. */
let full = 0;
let taken = 0;

/** So many floats; zeros, unless they are to be written anyway. */
export function floats(length: number, isWritten = false): Float32Array {
  if (!isLent || length > STORE || length < LEAST) return new Float32Array(length);
  if (taken + length > STORE) [full, taken] = [full + 1, 0];
  if (full >= MOST) return new Float32Array(length);
  stores[full] ??= new Float32Array(STORE);
  const found = stores[full].subarray(taken, taken + length);
  taken += (length + 15) & ~15;
  return isWritten ? found : found.fill(0);
}

/** What some work makes of floats that it borrows. `copied` gives what is used afterwards in memory of its own. */
export function borrowing<T>(work: () => T, copied: (result: T) => T): T {
  const before = [isLent, full, taken] as const;
  isLent = true;
  try {
    const result = work();
    return lasting(() => copied(result));
  } finally {
    [isLent, full, taken] = before;
  }
}

/** What some work makes without borrowing, since it is kept. */
export function lasting<T>(work: () => T): T {
  const before = isLent;
  isLent = false;
  try {
    return work();
  } finally {
    isLent = before;
  }
}
