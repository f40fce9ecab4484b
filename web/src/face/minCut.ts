/**
 * The least cut of a graph between a source and a sink: Boykov and Kolmogorov, "An Experimental Comparison of Min-Cut/Max-Flow
 * Algorithms for Energy Minimization in Vision", PAMI 2004.
 *
 * Two trees grow from the ends until they touch; along that path flow is pushed, and what it tears off a tree is adopted again or
 * set free.
 */

export interface MinCut {
  /** What it costs to part a vertex from the source and from the sink. Once a vertex. */
  terminal(vertex: number, source: number, sink: number): void;
  /** What it costs to part two vertices, the same both ways. */
  edge(first: number, second: number, weight: number): void;
  solve(): void;
  /** Whether a vertex is on the source's side; after `solve`. */
  isOfSource(vertex: number): boolean;
}

const FREE = 0;
const TERMINAL = -1;
const ORPHAN = -2;
const FAR = 0x7fffffff;

/** A graph of so many vertices and at most so many edges. */
export function minCut(vertices: number, mostEdges: number): MinCut {
  // Each edge is two arcs, e and e ^ 1; arcs 0 and 1 are none, so that 0 can say "none".
  const room = 2 * mostEdges + 2;
  const target = new Int32Array(room);
  const following = new Int32Array(room);
  const left = new Float64Array(room); // what an arc can still take
  let arcs = 2;
  const first = new Int32Array(vertices);
  const excess = new Float64Array(vertices); // to the source if above 0, else to the sink
  const parent = new Int32Array(vertices); // an arc, or one of the three above
  const ofSink = new Uint8Array(vertices);
  const stamp = new Int32Array(vertices);
  const distance = new Int32Array(vertices);
  // A queue of vertices that may grow: -1 for those that are not in it, and the vertex itself at its end.
  const queued = new Int32Array(vertices).fill(-1);
  let head = -1;
  let tail = -1;

  function enqueue(vertex: number): void {
    if (queued[vertex] >= 0) return;
    queued[vertex] = vertex;
    if (head < 0) head = vertex;
    else queued[tail] = vertex;
    tail = vertex;
  }

  function dequeue(): void {
    const vertex = head;
    head = queued[vertex] === vertex ? -1 : queued[vertex];
    queued[vertex] = -1;
  }

  /** Let the trees grow until they touch: the arc from the source's to the sink's; 0 if they cannot any more. */
  function grown(): number {
    while (head >= 0) {
      const vertex = head;
      if (parent[vertex] !== FREE) {
        const side = ofSink[vertex];
        for (let arc = first[vertex]; arc !== 0; arc = following[arc]) {
          if (left[arc ^ side] === 0) continue;
          const other = target[arc];
          if (parent[other] === FREE) {
            ofSink[other] = side;
            parent[other] = arc ^ 1;
            stamp[other] = stamp[vertex];
            distance[other] = distance[vertex] + 1;
            enqueue(other);
          } else if (ofSink[other] !== side) {
            return arc ^ side;
          } else if (distance[other] > distance[vertex] + 1 && stamp[other] <= stamp[vertex]) {
            parent[other] = arc ^ 1;
            stamp[other] = stamp[vertex];
            distance[other] = distance[vertex] + 1;
          }
        }
      }
      dequeue();
    }
    return 0;
  }

  const orphans: number[] = [];

  function orphan(vertex: number): void {
    orphans.push(vertex);
    parent[vertex] = ORPHAN;
  }

  /** Push as much as goes along the path through an arc between the trees. */
  function push(bridge: number): void {
    let least = left[bridge];
    for (const way of [1, 0]) {
      let vertex = target[bridge ^ way];
      while (parent[vertex] > 0) {
        least = Math.min(least, left[parent[vertex] ^ way]);
        vertex = target[parent[vertex]];
      }
      least = Math.min(least, Math.abs(excess[vertex]));
    }
    left[bridge] -= least;
    left[bridge ^ 1] += least;
    for (const way of [1, 0]) {
      let vertex = target[bridge ^ way];
      while (parent[vertex] > 0) {
        const arc = parent[vertex];
        left[arc ^ way ^ 1] += least;
        left[arc ^ way] -= least;
        if (left[arc ^ way] === 0) orphan(vertex);
        vertex = target[arc];
      }
      excess[vertex] += least * (1 - 2 * way);
      if (excess[vertex] === 0) orphan(vertex);
    }
  }

  /** How far a vertex is from its tree's root; `FAR` if it hangs on an orphan. */
  function rootDistance(start: number, now: number): number {
    let vertex = start;
    for (let steps = 0; ; ) {
      if (stamp[vertex] === now) return steps + distance[vertex];
      const arc = parent[vertex];
      steps++;
      if (arc === ORPHAN) return FAR;
      if (arc < 0) {
        stamp[vertex] = now;
        distance[vertex] = 1;
        return steps;
      }
      vertex = target[arc];
    }
  }

  /** Give orphans a new parent of their tree, or set them free. */
  function adopt(now: number): void {
    for (let vertex = orphans.pop(); vertex !== undefined; vertex = orphans.pop()) {
      const side = ofSink[vertex];
      let best = 0;
      let nearest = FAR;
      for (let arc = first[vertex]; arc !== 0; arc = following[arc]) {
        if (left[arc ^ side ^ 1] === 0) continue;
        let other = target[arc];
        if (ofSink[other] !== side || parent[other] === FREE) continue;
        let far = rootDistance(other, now);
        if (far === FAR) continue;
        far++;
        if (far < nearest) [nearest, best] = [far, arc];
        for (; stamp[other] !== now; other = target[parent[other]]) {
          stamp[other] = now;
          distance[other] = --far;
        }
      }
      parent[vertex] = best;
      if (best > 0) {
        stamp[vertex] = now;
        distance[vertex] = nearest;
        continue;
      }
      stamp[vertex] = 0;
      for (let arc = first[vertex]; arc !== 0; arc = following[arc]) {
        const other = target[arc];
        const held = parent[other];
        if (ofSink[other] !== side || held === FREE) continue;
        if (left[arc ^ side ^ 1] !== 0) enqueue(other);
        if (held > 0 && target[held] === vertex) orphan(other);
      }
    }
  }

  return {
    terminal(vertex, source, sink) {
      excess[vertex] = source - sink;
    },
    edge(one, other, weight) {
      for (const [from, to] of [
        [one, other],
        [other, one],
      ]) {
        target[arcs] = to;
        left[arcs] = weight;
        following[arcs] = first[from];
        first[from] = arcs++;
      }
    },
    solve() {
      for (let vertex = 0; vertex < vertices; vertex++) {
        if (excess[vertex] === 0) continue;
        distance[vertex] = 1;
        parent[vertex] = TERMINAL;
        ofSink[vertex] = excess[vertex] < 0 ? 1 : 0;
        enqueue(vertex);
      }
      for (let now = 1, bridge = grown(); bridge > 0; bridge = grown(), now++) {
        push(bridge);
        adopt(now);
      }
    },
    isOfSource: (vertex) => ofSink[vertex] === 0,
  };
}
