/** Small matrices, row by row. */

import { type Numbers, meanOf } from "./lists";

export type Matrix = number[][];

export function product(first: Matrix, second: Matrix): Matrix {
  return first.map((row) => second[0].map((_, j) => row.reduce((sum, value, k) => sum + value * second[k][j], 0)));
}

export function sum(first: Matrix, second: Matrix, share = 1): Matrix {
  return first.map((row, i) => row.map((value, j) => value + share * second[i][j]));
}

export function outer(first: Numbers, second: Numbers): Matrix {
  return Array.from(first, (x) => Array.from(second, (y) => x * y));
}

export function identity(size: number): Matrix {
  return Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => Number(i === j)));
}

export function transposed(matrix: Matrix): Matrix {
  return matrix[0].map((_, j) => matrix.map((row) => row[j]));
}

/** A symmetric matrix whose eigenvalues are put through a function; they are found by Jacobi's rotations. */
export function withValues(matrix: Matrix, change: (value: number) => number): Matrix {
  const size = matrix.length;
  const left = matrix.map((row) => [...row]);
  const vectors = identity(size);
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(left, vectors, p, q);
  }
  const scaled = vectors.map((row) => row.map((value, k) => value * change(left[k][k])));
  return product(scaled, transposed(vectors));
}

/** Turn the plane of two axes so that what ties them is 0. */
function rotate(left: Matrix, vectors: Matrix, p: number, q: number): void {
  if (left[p][q] === 0) return;
  const slope = (left[q][q] - left[p][p]) / (2 * left[p][q]);
  const tan = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.hypot(slope, 1));
  const cos = 1 / Math.hypot(tan, 1);
  const sin = tan * cos;
  for (const rows of [left, vectors]) {
    for (const row of rows) [row[p], row[q]] = [cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]];
  }
  for (let k = 0; k < left.length; k++) {
    [left[p][k], left[q][k]] = [cos * left[p][k] - sin * left[q][k], sin * left[p][k] + cos * left[q][k]];
  }
}

/** How the numbers of several lists vary together, as `numpy.cov` with its bias. */
export function covarianceOf(lists: Numbers[]): Matrix {
  const means = lists.map(meanOf);
  const result = lists.map(() => new Array<number>(lists.length).fill(0));
  for (let i = 0; i < lists.length; i++) {
    for (let j = 0; j <= i; j++) result[i][j] = result[j][i] = covaried(lists[i], means[i], lists[j], means[j]);
  }
  return result;
}

function covaried(first: Numbers, mean: number, second: Numbers, other: number): number {
  let total = 0;
  for (let i = 0; i < first.length; i++) total += (first[i] - mean) * (second[i] - other);
  return total / first.length;
}
