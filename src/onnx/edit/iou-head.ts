import { RefinerError } from '../../errors.js';
import type { OnnxGraph, OnnxNode } from './onnx-graph.js';

/** The last layer of SAM's IoU head in a graph. */
export interface IouHead {
  /** The tensor that enters it: [..., width]. */
  readonly features: string;
  readonly width: number;
  /** How many masks it predicts the IoU of. */
  readonly candidates: number;
}

/** Operators that give the same numbers in another shape. */
const SAME_NUMBERS = new Set(['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/**
 * Follows the graph's output of predicted IoUs back to the layer that made it: a `Gemm`, or a `MatMul` to which a bias is
 * added, with constant weights. Throws ONNX_UNSUPPORTED where something else lies between.
 */
export function findIouHead(graph: OnnxGraph, prediction: string): IouHead {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const visited = new Set<OnnxNode>();
  let tensor = prediction;
  let biased = false;
  for (;;) {
    const node = producers.get(tensor);
    if (node === undefined || visited.has(node)) throw unsupported(prediction, `the tensor ${tensor}`);
    visited.add(node);
    const [first = '', second = ''] = node.inputs;
    if ((node.operator === 'Gemm' && !biased) || node.operator === 'MatMul')
      return headOf(graph, node, prediction);
    if (
      node.operator === 'Add' &&
      !biased &&
      isConstant(graph, producers, first) !== isConstant(graph, producers, second)
    ) {
      biased = true;
      tensor = isConstant(graph, producers, first) ? second : first;
    } else if (SAME_NUMBERS.has(node.operator)) {
      tensor = first;
    } else {
      throw unsupported(prediction, `the result of ${node.operator}`);
    }
  }
}

function headOf({ initializers }: OnnxGraph, node: OnnxNode, prediction: string): IouHead {
  const [features = '', weight = ''] = node.inputs;
  const [rows = 0, columns = 0, ...more] = initializers.get(weight) ?? [];
  const transposed = node.integers.get('transA') === 1n;
  if (!(rows > 0 && columns > 0) || more.length > 0 || transposed) {
    throw unsupported(prediction, `a ${node.operator} without a constant matrix of weights`);
  }
  const byRows = node.integers.get('transB') === 1n;
  return { features, width: byRows ? columns : rows, candidates: byRows ? rows : columns };
}

function isConstant(
  { initializers }: OnnxGraph,
  producers: ReadonlyMap<string, OnnxNode>,
  tensor: string,
): boolean {
  return initializers.has(tensor) || producers.get(tensor)?.operator === 'Constant';
}

function unsupported(prediction: string, received: string): RefinerError {
  return new RefinerError('ONNX_UNSUPPORTED', {
    where: prediction,
    expected:
      'the IoUs of all masks as the last layer of the IoU head gives them, none selected or recomputed',
    received,
  });
}
