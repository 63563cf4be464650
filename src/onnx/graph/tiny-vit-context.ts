import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { foldedConvolution } from './folded-convolution.js';
import type { GraphBuilder, Tensor } from './graph-builder.js';
import { add, gemm, layerNorm } from './ops.js';
import { weight } from './weights.js';

/** What every part of TinyViT's graph is written with. */
export interface TinyVitContext {
  readonly graph: GraphBuilder;
  readonly checkpoint: Checkpoint;
  /** Tables that blocks of a stage share. */
  readonly shared: Map<string, Tensor>;
  readonly atOnce: NumbersAtOnce;
}

/** The widest tensors of a block are made in pieces that stay in a CPU's cache. How many numbers a piece has. */
export interface NumbersAtOnce {
  /** Attention scores. */
  readonly scores: number;
  /** Hidden features of a perceptron. */
  readonly hidden: number;
}

/** Tokens of a square grid, row-major: [side², width]. */
export interface Grid {
  readonly side: number;
  readonly width: number;
}

/** PyTorch's nn.LayerNorm. */
const EPSILON = 1e-5;

/** A tensor of the image encoder. */
export function tinyVitWeight({ graph, checkpoint }: TinyVitContext, name: string): Promise<Tensor> {
  return weight(graph, checkpoint, `image_encoder.${name}`);
}

/** Normalises the channels of x [..., width]. */
export async function tinyVitNorm(context: TinyVitContext, x: Tensor, name: string): Promise<Tensor> {
  const scale = await tinyVitWeight(context, `${name}.weight`);
  return layerNorm(context.graph, x, scale, await tinyVitWeight(context, `${name}.bias`), EPSILON);
}

/** The weight [out, in] and the bias of an nn.Linear. */
export interface Linear {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

export async function tinyVitLinear(context: TinyVitContext, name: string): Promise<Linear> {
  const weight = await tinyVitWeight(context, `${name}.weight`);
  return { weight, bias: await tinyVitWeight(context, `${name}.bias`) };
}

/** residual + x × weight + bias. */
export function linearOnto(graph: GraphBuilder, residual: Tensor, x: Tensor, linear: Linear): Tensor {
  return add(graph, add(graph, gemm(graph, x, linear.weight), linear.bias), residual);
}

/** Pieces of a sequence, each from and to, with at most (but never less than one) `atOnce` items. */
export function piecesOf(length: number, atOnce: number): readonly (readonly [number, number])[] {
  const size = Math.max(1, Math.floor(atOnce));
  return Array.from({ length: Math.ceil(length / size) }, (_, piece) => [
    piece * size,
    Math.min(length, (piece + 1) * size),
  ]);
}

/**
 * A convolution that keeps the size, or divides it by `stride`, with its batch normalisation folded in.
 *
 * @param x [1, channels, height, width]
 */
export async function convolution(
  { graph, checkpoint }: TinyVitContext,
  x: Tensor,
  name: string,
  { stride = 1, depthwise = false } = {},
): Promise<Tensor> {
  const { shape, weight, bias } = await foldedConvolution(checkpoint, `image_encoder.${name}`);
  const [outputs = 1, , kernel = 1] = shape;
  const border = (kernel - 1) / 2;
  return graph.node('Conv', [x, graph.constant(shape, weight), graph.constant([outputs], bias)], {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [border, border, border, border],
    group: depthwise ? outputs : 1,
  });
}
