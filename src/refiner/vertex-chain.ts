/* eslint-disable @typescript-eslint/no-non-null-assertion -- vertex ids are indices of these arrays */

/** Rings as doubly linked vertices. A vertex's id also names the edge that starts at it. */
export interface VertexChain {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
  readonly alive: Uint8Array;
  readonly ringOf: Int32Array;
  /** Vertices left in each ring; 0 for one that was dropped. */
  readonly ringSizes: Int32Array;
}

export function chainOf(rings: readonly (readonly number[])[]): VertexChain {
  const count = rings.reduce((sum, ring) => sum + ring.length / 2, 0);
  const chain: VertexChain = {
    x: new Float64Array(count),
    y: new Float64Array(count),
    next: new Int32Array(count),
    previous: new Int32Array(count),
    alive: new Uint8Array(count).fill(1),
    ringOf: new Int32Array(count),
    ringSizes: Int32Array.from(rings, (ring) => ring.length / 2),
  };
  let first = 0;
  rings.forEach((ring, r) => {
    const size = ring.length / 2;
    for (let i = 0; i < size; i++) {
      const id = first + i;
      chain.x[id] = ring[2 * i]!;
      chain.y[id] = ring[2 * i + 1]!;
      chain.next[id] = first + ((i + 1) % size);
      chain.previous[id] = first + ((i + size - 1) % size);
      chain.ringOf[id] = r;
    }
    first += size;
  });
  return chain;
}

/** Takes a vertex out of its ring. */
export function unlink(chain: VertexChain, id: number): void {
  const before = chain.previous[id]!;
  const after = chain.next[id]!;
  chain.next[before] = after;
  chain.previous[after] = before;
  chain.alive[id] = 0;
  chain.ringSizes[chain.ringOf[id]!]!--;
}

/** Puts back a vertex that was the last one to be taken out between its neighbours. */
export function relink(chain: VertexChain, id: number): void {
  chain.next[chain.previous[id]!] = id;
  chain.previous[chain.next[id]!] = id;
  chain.alive[id] = 1;
  chain.ringSizes[chain.ringOf[id]!]!++;
}

/** Up to `2 · reach + 1` vertices of a ring around `id`, in order, each once. */
export function neighbourhood(chain: VertexChain, id: number, reach: number): number[] {
  const count = Math.min(2 * reach + 1, chain.ringSizes[chain.ringOf[id]!]!);
  let vertex = id;
  for (let i = 0; i < Math.floor(count / 2); i++) vertex = chain.previous[vertex]!;
  const found: number[] = [];
  for (let i = 0; i < count; i++) {
    found.push(vertex);
    vertex = chain.next[vertex]!;
  }
  return found;
}

/** Rings that are left, each from its vertex of the smallest id, as x0, y0, x1, y1, … */
export function ringsOf(chain: VertexChain): number[][] {
  const rings: number[][] = [];
  const done = new Uint8Array(chain.ringSizes.length);
  for (let id = 0; id < chain.alive.length; id++) {
    const r = chain.ringOf[id]!;
    if (chain.alive[id] === 0 || done[r] === 1) continue;
    done[r] = 1;
    const ring: number[] = [];
    let vertex = id;
    do {
      ring.push(chain.x[vertex]!, chain.y[vertex]!);
      vertex = chain.next[vertex]!;
    } while (vertex !== id);
    rings.push(ring);
  }
  return rings;
}
