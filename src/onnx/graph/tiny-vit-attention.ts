import type { Tensor } from './graph-builder.js';
import { concat, reshape } from './ops.js';
import { type Grid, type TinyVitContext, tinyVitNorm } from './tiny-vit-context.js';
import { windowMaps, windowsOf } from './tiny-vit-windows.js';

/** What a stage's attention depends on. */
export interface WindowAttention {
  readonly grid: Grid;
  readonly heads: number;
  /** Side of a window. */
  readonly windowSide: number;
}

/**
 * Attention within windows (class Attention), x [side², width] → [side², width], before its output projection. Places
 * beyond the grid are zeros before the normalisation, as in the official code, so they take part with what becomes of its
 * bias. One zero token is normalised and projected for all of them.
 */
export async function windowAttention(
  context: TinyVitContext,
  x: Tensor,
  name: string,
  { grid, heads, windowSide }: WindowAttention,
): Promise<Tensor> {
  const { graph } = context;
  const windows = windowsOf(grid, windowSide);
  const { count, area, fit } = windows;
  const all = fit ? x : graph.node('Pad', [x, graph.integers(0, 0, 1, 0)]);
  const normal = await tinyVitNorm(context, all, `${name}.norm`);
  const parts = await projections(context, normal, name, heads);
  const maps = windowMaps(context, windows, context.atOnce.scores / (heads * area * area));
  const bias = await placeBiases(context, `${name}.attention_biases`, windowSide);
  const attended = maps.into.map((map) =>
    graph.node(
      'MultiHeadAttention',
      [...parts.map((part) => graph.node('Gather', [part, map], { axis: 0 })), '', '', bias],
      { num_heads: heads, scale: { float: 1 } },
      { domain: 'com.microsoft' },
    ),
  );
  const places = reshape(graph, concat(graph, attended, 0), [count * area, grid.width]);
  return graph.node('Gather', [places, maps.outOf], { axis: 0 });
}

/**
 * Queries (times 1/√head width), keys and values, each [tokens, width] with the heads side by side. The official `qkv`
 * has the three of one head side by side, so its rows are sorted first.
 */
async function projections(
  { graph, checkpoint }: TinyVitContext,
  x: Tensor,
  name: string,
  heads: number,
): Promise<readonly Tensor[]> {
  const weight = await checkpoint.readFloat32(`image_encoder.${name}.qkv.weight`);
  const bias = await checkpoint.readFloat32(`image_encoder.${name}.qkv.bias`);
  const width = bias.length / 3;
  const queryScale = Math.sqrt(heads / width);
  return [queryScale, 1, 1].map((factor, part) => {
    const rows = graph.constant([width, width], partOfHeads(weight, heads, part));
    const offsets = graph.constant([width], partOfHeads(bias, heads, part));
    const scale = { alpha: { float: factor }, beta: { float: factor } };
    return graph.node('Gemm', [x, rows, offsets], { transB: 1, ...scale });
  });
}

/** One of the three parts of every head, from numbers in the order (head, part, rest). */
function partOfHeads(numbers: Float32Array, heads: number, part: number): Float32Array {
  const size = numbers.length / (3 * heads);
  const result = new Float32Array(heads * size);
  for (let head = 0; head < heads; head++) {
    const from = (3 * head + part) * size;
    result.set(numbers.subarray(from, from + size), head * size);
  }
  return result;
}

/**
 * What the places of a window add to the scores of one another: [1, heads, area, area]. One number is learned for each
 * distance |Δy|, |Δx|; they are stored in the order in which they first occur from the first place on, which is row-major.
 */
async function placeBiases(
  { graph, checkpoint }: TinyVitContext,
  parameter: string,
  side: number,
): Promise<Tensor> {
  const learned = await checkpoint.readFloat32(`image_encoder.${parameter}`);
  const area = side * side;
  const heads = learned.length / area;
  const table = new Float32Array(heads * area * area);
  let index = 0;
  for (let head = 0; head < heads; head++) {
    for (let query = 0; query < area; query++) {
      for (let key = 0; key < area; key++) {
        const down = Math.abs(Math.floor(query / side) - Math.floor(key / side));
        const right = Math.abs((query % side) - (key % side));
        table[index++] = learned[head * area + down * side + right] ?? NaN;
      }
    }
  }
  return graph.constant([1, heads, area, area], table);
}
