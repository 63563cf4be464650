import type { GraphBuilder, Tensor } from './graph-builder.js';
import { ONNX_TYPE } from './onnx-types.js';
import { concat, divide, sizeOf, subtract, transpose } from './ops.js';

/** Mean and standard deviation of R, G and B that all SAM models are trained with (build_sam.py). */
const PIXEL_MEAN = [123.675, 116.28, 103.53];
const PIXEL_STD = [58.395, 57.12, 57.375];

/**
 * The input `image`, uint8 [1, height, width, 3], an image already resized so that its longer side is `imageSize`; and
 * from it the normalised image with zeros to its right and below, float32 [1, 3, imageSize, imageSize] (Sam.preprocess,
 * sam.py).
 */
export function authorImageInput(graph: GraphBuilder, imageSize: number): Tensor {
  const image = graph.input('image', 'uint8', [1, 'height', 'width', 3]);
  const channel = (values: readonly number[]): Tensor => graph.constant([3, 1, 1], Float32Array.from(values));
  // Planes are separated while a pixel is still a byte.
  const planes = graph.node('Cast', [transpose(graph, image, [0, 3, 1, 2])], { to: ONNX_TYPE.float32 });
  const normal = divide(graph, subtract(graph, planes, channel(PIXEL_MEAN)), channel(PIXEL_STD));
  const missing = [1, 2].map((axis) =>
    subtract(graph, graph.integers(imageSize), sizeOf(graph, image, axis)),
  );
  const pads = concat(graph, [graph.integers(0, 0, 0, 0, 0, 0), ...missing], 0);
  return graph.node('Pad', [normal, pads]);
}
