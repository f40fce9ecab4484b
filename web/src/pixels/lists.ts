/** What numpy does with lists of numbers. */

export type Numbers = ArrayLike<number>;

export function meanOf(values: Numbers): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** The standard deviation. */
export function deviationOf(values: Numbers): number {
  const mean = meanOf(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] - mean) ** 2;
  return Math.sqrt(sum / values.length);
}

/** What a list of places in rising order, and a value at each, say of places in between: linearly, as `numpy.interp`. */
export function interpolated(place: number, places: Numbers, values: Numbers): number {
  let [low, high] = [0, places.length - 1];
  if (!(place > places[low])) return values[low];
  if (place >= places[high]) return values[high];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (places[middle] <= place) low = middle;
    else high = middle;
  }
  return values[low] + ((place - places[low]) / (places[high] - places[low])) * (values[high] - values[low]);
}

/** Each number the most of it and those before. */
export function rising(values: Numbers): number[] {
  let most = -Infinity;
  return Array.from(values, (value) => {
    if (value > most) most = value;
    return most;
  });
}

/** Parts that the values' range is cut into to find some in order: few values lie in one. */
const PARTS = 4096;

/** Values at shares of a list's order, between two of them linearly, as `numpy.quantile`: those near a share alone are put in order. */
export function quantiles(values: Numbers, shares: Numbers): number[] {
  const { low, scale, ends } = parted(values);
  const last = values.length - 1;
  const isKept = new Uint8Array(PARTS + 1);
  const places = Array.from(shares, (share) => share * last);
  for (const place of places) {
    const rank = Math.floor(place);
    isKept[partWith(ends, rank)] = isKept[partWith(ends, Math.min(rank + 1, last))] = 1;
  }
  const kept = keptOf(values, low, scale, ends, isKept).sort(); // in parts one after the other, each in order
  const before = startsOf(ends, isKept);
  const valueAt = (rank: number): number => {
    const part = partWith(ends, rank);
    return kept[before[part] + rank - (part ? ends[part - 1] : 0)];
  };
  return places.map((place) => {
    const rank = Math.floor(place);
    const below = valueAt(rank);
    return below + (place - rank) * (valueAt(Math.min(rank + 1, last)) - below);
  });
}

/** The values in the parts that are kept. */
function keptOf(values: Numbers, low: number, scale: number, ends: Int32Array, isKept: Uint8Array): Float64Array {
  let count = 0;
  for (let part = 0; part < ends.length; part++) if (isKept[part]) count += ends[part] - (part ? ends[part - 1] : 0);
  const kept = new Float64Array(count);
  for (let i = 0, at = 0; i < values.length; i++) if (isKept[((values[i] - low) * scale) | 0]) kept[at++] = values[i];
  return kept;
}

/** Where each part that is kept begins among all that are. */
function startsOf(ends: Int32Array, isKept: Uint8Array): Int32Array {
  const starts = new Int32Array(ends.length);
  for (let part = 0, at = 0; part < ends.length; part++) {
    starts[part] = at;
    if (isKept[part]) at += ends[part] - (part ? ends[part - 1] : 0);
  }
  return starts;
}

/** How many values lie in each part of their range and in those before it. */
function parted(values: Numbers): { low: number; scale: number; ends: Int32Array } {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const scale = high > low ? PARTS / (high - low) : 0;
  const ends = new Int32Array(PARTS + 1);
  for (let i = 0; i < values.length; i++) ends[((values[i] - low) * scale) | 0]++;
  for (let part = 1; part <= PARTS; part++) ends[part] += ends[part - 1];
  return { low, scale, ends };
}

/** The part that holds the value of a rank. */
function partWith(ends: Int32Array, rank: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] > rank) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function quantile(values: Numbers, share: number): number {
  return quantiles(values, [share])[0];
}

export function median(values: Numbers): number {
  return quantile(values, 0.5);
}
