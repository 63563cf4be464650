import { GraphBuilder } from '../../../src/onnx/graph/graph-builder.js';

export interface SmallDecoder {
  /** Inputs and outputs of SAM's export that are left out. */
  readonly without?: readonly string[];
  /** How the IoU head's last layer is written. */
  readonly lastLayer?: 'Gemm' | 'MatMul' | 'weights as an input';
  /** What follows it. */
  readonly then?: 'nothing' | 'Squeeze' | 'Gather' | 'loop';
}

export const WIDTH = 3;
/** [WIDTH, 2] */
const WEIGHT = [1, 2, 3, 4, 5, 6];
const BIAS = [10, 20];

const SHAPES: Readonly<Record<string, readonly number[]>> = {
  image_embeddings: [1, WIDTH],
  point_coords: [1, 1, 2],
  point_labels: [1, 1],
  mask_input: [1, 1, 2, 2],
  has_mask_input: [1],
};

/** A graph with the ends of SAM's ONNX export; the IoU head's features are relu(image_embeddings). */
export function smallDecoder({
  without = [],
  lastLayer = 'Gemm',
  then = 'nothing',
}: SmallDecoder = {}): Uint8Array {
  const graph = new GraphBuilder();
  for (const [name, shape] of Object.entries(SHAPES)) {
    if (!without.includes(name)) graph.input(name, 'float32', shape);
  }
  const features = graph.node('Relu', ['image_embeddings']);
  const end = then === 'nothing' ? { as: 'iou_predictions' } : {};
  let ious: string;
  if (lastLayer === 'MatMul') {
    const weight = graph.constant([WIDTH, 2], Float32Array.from(WEIGHT));
    const product = graph.node('MatMul', [features, weight]);
    ious = graph.node('Add', [graph.constant([2], Float32Array.from(BIAS)), product], {}, end);
  } else {
    const transposed = Float32Array.from(
      WEIGHT,
      (_, index) => WEIGHT[(index % WIDTH) * 2 + Math.floor(index / WIDTH)] ?? 0,
    );
    const weight =
      lastLayer === 'Gemm'
        ? graph.constant([2, WIDTH], transposed)
        : graph.input('weight', 'float32', [2, WIDTH]);
    const bias = graph.constant([2], Float32Array.from(BIAS));
    ious = graph.node('Gemm', [features, weight, bias], { transB: 1 }, end);
  }
  const named = { as: 'iou_predictions' };
  if (then === 'Squeeze') graph.node('Squeeze', [ious, graph.integers(0)], {}, named);
  if (then === 'Gather') graph.node('Gather', [ious, graph.integers(0)], { axis: 1 }, named);
  if (then === 'loop') graph.node('Identity', ['iou_predictions'], {}, named);
  if (!without.includes('iou_predictions'))
    graph.output('iou_predictions', 'float32', then === 'Squeeze' ? [2] : [1, 2]);
  graph.node(
    'Neg',
    [without.includes('mask_input') ? 'point_coords' : 'mask_input'],
    {},
    { as: 'low_res_masks' },
  );
  if (!without.includes('low_res_masks')) graph.output('low_res_masks', 'float32', [1, 1, 2, 2]);
  return graph.finish('small decoder');
}
