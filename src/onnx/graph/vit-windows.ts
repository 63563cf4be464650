import type { Tensor } from './graph-builder.js';
import { reshape } from './ops.js';
import { sharedTable, type VitContext } from './vit-context.js';

/** How the grid of patches is cut into square windows; the last ones reach beyond it. */
export interface Windows {
  readonly count: number;
  /** Patches of a window, those beyond the grid included. */
  readonly area: number;
}

export function windowsOf({ gridSize, shape }: VitContext): Windows {
  const across = Math.ceil(gridSize / shape.windowSize);
  return { count: across * across, area: shape.windowSize * shape.windowSize };
}

/**
 * Tokens of the grid, [patches + 1, channels], in the order of windows: [windows·area, channels]. The last token stands for
 * every place of a window that is beyond the grid.
 */
export function intoWindows(context: VitContext, tokens: Tensor): Tensor {
  const { gridSize } = context;
  const map = sharedTable(context, 'into windows', () => {
    const { count, area } = windowsOf(context);
    const source = new BigInt64Array(count * area).fill(BigInt(gridSize * gridSize));
    eachPatch(context, (patch, place) => (source[place] = BigInt(patch)));
    return context.graph.constant([source.length], source);
  });
  return context.graph.node('Gather', [tokens, map], { axis: 0 });
}

/** Tokens in the order of windows, of any shape of that size, back in that of the grid: [patches, channels]. */
export function outOfWindows(context: VitContext, tokens: Tensor): Tensor {
  const { gridSize, shape, graph } = context;
  const map = sharedTable(context, 'out of windows', () => {
    const source = new BigInt64Array(gridSize * gridSize);
    eachPatch(context, (patch, place) => (source[patch] = BigInt(place)));
    return graph.constant([source.length], source);
  });
  return graph.node('Gather', [reshape(graph, tokens, [-1, shape.embedDim]), map], { axis: 0 });
}

function eachPatch({ gridSize, shape }: VitContext, visit: (patch: number, place: number) => void): void {
  const side = shape.windowSize;
  const across = Math.ceil(gridSize / side);
  for (let y = 0; y < gridSize; y++) {
    for (let x = 0; x < gridSize; x++) {
      const window = Math.floor(y / side) * across + Math.floor(x / side);
      visit(y * gridSize + x, (window * side + (y % side)) * side + (x % side));
    }
  }
}

/**
 * For every place of a window, its row and its column as one-hot vectors one after the other, for every window and head:
 * [windows, area, heads, 2·windowSize].
 */
export function placesOneHot(context: VitContext): Tensor {
  const { graph, shape } = context;
  const { windowSize: side, heads } = shape;
  return sharedTable(context, 'places', () => {
    const { count, area } = windowsOf(context);
    const table = new Float32Array(area * 2 * side);
    for (let place = 0; place < area; place++) {
      table[place * 2 * side + Math.floor(place / side)] = 1;
      table[place * 2 * side + side + (place % side)] = 1;
    }
    const one = graph.constant([1, area, 1, 2 * side], table);
    return graph.node('Expand', [one, graph.integers(count, area, heads, 2 * side)]);
  });
}
