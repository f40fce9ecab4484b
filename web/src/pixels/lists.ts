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
