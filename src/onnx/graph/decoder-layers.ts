import type { DecoderShape } from './decoder-shape.js';
import type { DecoderWeights } from './decoder-weights.js';
import type { GraphBuilder, Tensor } from './graph-builder.js';
import { layerNorm, linear, relu } from './ops.js';
import { transposed } from './weights.js';

/** What every part of the decoder's graph is written with. */
export interface DecoderContext {
  readonly graph: GraphBuilder;
  readonly weights: DecoderWeights;
  readonly shape: DecoderShape;
}

/** Epsilon of PyTorch's nn.LayerNorm, and of SAM's own LayerNorm2d. */
export const LAYER_NORM_EPSILON = 1e-5;
export const LAYER_NORM_2D_EPSILON = 1e-6;

/** A tensor of the checkpoint as a constant, in its own shape or another of the same size. */
export function parameter(context: DecoderContext, name: string, shape?: readonly number[]): Tensor {
  const { shape: stored, numbers } = context.weights.get(name);
  return context.graph.constant(shape ?? stored, numbers);
}

/** A weight [out, in] of a linear layer as [in, out], times a factor. */
export function linearWeight(context: DecoderContext, name: string, factor = 1): Tensor {
  const { shape, numbers } = context.weights.get(name);
  const [outputs = 1, inputs = 1] = shape;
  return context.graph.constant([inputs, outputs], scaled(transposed(numbers, outputs, inputs), factor));
}

/** An nn.Linear, times a factor: x [..., in] → [..., out]. */
export function linearLayer(context: DecoderContext, x: Tensor, name: string, factor = 1): Tensor {
  const { graph, weights } = context;
  const { shape, numbers } = weights.get(`${name}.bias`);
  const bias = graph.constant(shape, scaled(numbers, factor));
  return linear(graph, x, linearWeight(context, `${name}.weight`, factor), bias);
}

/** An nn.LayerNorm over the last axis, or a LayerNorm2d of a channels-last tensor. */
export function normLayer(
  context: DecoderContext,
  x: Tensor,
  name: string,
  epsilon = LAYER_NORM_EPSILON,
): Tensor {
  return layerNorm(
    context.graph,
    x,
    parameter(context, `${name}.weight`),
    parameter(context, `${name}.bias`),
    epsilon,
  );
}

/** The block between attentions: linear, ReLU, linear. */
export function mlpBlock(context: DecoderContext, x: Tensor, name: string): Tensor {
  return linearLayer(context, relu(context.graph, linearLayer(context, x, `${name}.lin1`)), `${name}.lin2`);
}

export function scaled(numbers: Float32Array, factor: number): Float32Array {
  return factor === 1 ? numbers : numbers.map((value) => value * factor);
}
