/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { RowRuns } from './row-runs.js';
import { rowRuns } from './row-runs.js';
import type { Mask } from './types.js';

/**
 * The 8-connected components of a mask, each as a mask of its own with a tight box, in row-major order of their first
 * pixels. An empty mask has none. Time grows with the mask's box and the boxes of the components.
 */
export function connectedComponents(mask: Mask): readonly Mask[] {
  const { box, data } = mask;
  const height = box.y1 - box.y0;
  const runs = rowRuns(data, box.x1 - box.x0, height);
  const { componentOf, count } = labelRuns(runs, height);
  const bounds = componentBounds(runs, height, componentOf, count);
  const components = Array.from({ length: count }, (_, k): Mask => {
    const [x0, y0, x1, y1] = [bounds.x0[k]!, bounds.y0[k]!, bounds.x1[k]!, bounds.y1[k]!];
    return {
      imageWidth: mask.imageWidth,
      imageHeight: mask.imageHeight,
      box: { x0: box.x0 + x0, y0: box.y0 + y0, x1: box.x0 + x1, y1: box.y0 + y1 },
      data: new Uint8Array((x1 - x0) * (y1 - y0)),
    };
  });
  for (let y = 0; y < height; y++) {
    for (let run = runs.firstOfRow[y]!; run < runs.firstOfRow[y + 1]!; run++) {
      const k = componentOf[run]!;
      const row = (y - bounds.y0[k]!) * (bounds.x1[k]! - bounds.x0[k]!) - bounds.x0[k]!;
      components[k]!.data.fill(1, row + runs.starts[run]!, row + runs.ends[run]!);
    }
  }
  return components;
}

/** Joins runs that touch, also at corners, and numbers the components by their first run. */
export function labelRuns(runs: RowRuns, height: number): { componentOf: Int32Array; count: number } {
  const { starts, ends, firstOfRow } = runs;
  const parents = Int32Array.from(starts.keys());
  for (let y = 1; y < height; y++) {
    let above = firstOfRow[y - 1]!;
    let below = firstOfRow[y]!;
    while (above < firstOfRow[y]! && below < firstOfRow[y + 1]!) {
      if (starts[above]! <= ends[below]! && starts[below]! <= ends[above]!) join(parents, above, below);
      if (ends[above]! < ends[below]!) above++;
      else below++;
    }
  }
  const componentOf = new Int32Array(parents.length);
  let count = 0;
  for (let run = 0; run < parents.length; run++) {
    // The root is the smallest run of its component, so it has been numbered already.
    componentOf[run] = parents[run] === run ? count++ : componentOf[findRoot(parents, run)]!;
  }
  return { componentOf, count };
}

/** Pixels of each component of `labelRuns`. */
export function componentAreasPx(
  { starts, ends }: RowRuns,
  componentOf: Int32Array,
  count: number,
): Float64Array {
  const areas = new Float64Array(count);
  for (let run = 0; run < componentOf.length; run++) areas[componentOf[run]!]! += ends[run]! - starts[run]!;
  return areas;
}

/** Keeps the smaller run as the root. */
function join(parents: Int32Array, a: number, b: number): void {
  const rootA = findRoot(parents, a);
  const rootB = findRoot(parents, b);
  if (rootA < rootB) parents[rootB] = rootA;
  else parents[rootA] = rootB;
}

function findRoot(parents: Int32Array, run: number): number {
  let root = run;
  while (parents[root] !== root) {
    parents[root] = parents[parents[root]!]!;
    root = parents[root]!;
  }
  return root;
}

interface Bounds {
  readonly x0: Int32Array;
  readonly y0: Int32Array;
  readonly x1: Int32Array;
  readonly y1: Int32Array;
}

function componentBounds(runs: RowRuns, height: number, componentOf: Int32Array, count: number): Bounds {
  const x0 = new Int32Array(count).fill(0x7fffffff);
  const y0 = new Int32Array(count).fill(0x7fffffff);
  const x1 = new Int32Array(count);
  const y1 = new Int32Array(count);
  for (let y = 0; y < height; y++) {
    for (let run = runs.firstOfRow[y]!; run < runs.firstOfRow[y + 1]!; run++) {
      const k = componentOf[run]!;
      x0[k] = Math.min(x0[k]!, runs.starts[run]!);
      y0[k] = Math.min(y0[k]!, y);
      x1[k] = Math.max(x1[k]!, runs.ends[run]!);
      y1[k] = y + 1;
    }
  }
  return { x0, y0, x1, y1 };
}
