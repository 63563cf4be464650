/* eslint-disable @typescript-eslint/no-non-null-assertion -- positions are bounded by the heap's size */

/** A binary heap of ids `0 … n − 1`, each once, whose keys may change; the smallest key, then the smallest id, is on top. */
export interface KeyedHeap {
  readonly keys: Float64Array;
  readonly ids: Int32Array;
  readonly positions: Int32Array;
}

export function heapOf(keys: Float64Array): KeyedHeap {
  const heap: KeyedHeap = {
    keys,
    ids: Int32Array.from(keys.keys()),
    positions: Int32Array.from(keys.keys()),
  };
  for (let at = (keys.length >> 1) - 1; at >= 0; at--) sink(heap, at);
  return heap;
}

/** The id with the smallest key; never called on an empty heap. */
export function topOf(heap: KeyedHeap): number {
  return heap.ids[0]!;
}

/** Gives an id another key; `Infinity` puts it out of the way. */
export function setKey(heap: KeyedHeap, id: number, key: number): void {
  heap.keys[id] = key;
  const at = heap.positions[id]!;
  if (!rise(heap, at)) sink(heap, at);
}

function precedes(heap: KeyedHeap, a: number, b: number): boolean {
  const difference = heap.keys[a]! - heap.keys[b]!;
  // Infinity − Infinity is NaN: such ids stay where they are.
  return difference < 0 || (difference === 0 && a < b);
}

function rise(heap: KeyedHeap, from: number): boolean {
  const id = heap.ids[from]!;
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!precedes(heap, id, heap.ids[parent]!)) break;
    place(heap, at, heap.ids[parent]!);
    at = parent;
  }
  place(heap, at, id);
  return at !== from;
}

function sink(heap: KeyedHeap, from: number): void {
  const { ids } = heap;
  const id = ids[from]!;
  let at = from;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= ids.length) break;
    if (child + 1 < ids.length && precedes(heap, ids[child + 1]!, ids[child]!)) child++;
    if (!precedes(heap, ids[child]!, id)) break;
    place(heap, at, ids[child]!);
    at = child;
  }
  place(heap, at, id);
}

function place(heap: KeyedHeap, at: number, id: number): void {
  heap.ids[at] = id;
  heap.positions[id] = at;
}
