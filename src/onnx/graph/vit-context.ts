import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { Precision } from '../execution.js';
import type { VitShape } from '../families/family.js';
import type { GraphBuilder, Tensor } from './graph-builder.js';
import { layerNorm } from './ops.js';
import { weight } from './weights.js';

/** What every part of the ViT's graph is written with. */
export interface VitContext {
  readonly graph: GraphBuilder;
  readonly checkpoint: Checkpoint;
  readonly shape: VitShape;
  /** Side of the grid of patches. */
  readonly gridSize: number;
  /** Attention scores that global attention computes at once. */
  readonly scoresAtOnce: number;
  /** Of the large matrices: projections and perceptrons of the blocks. All else is float32. */
  readonly precision: Precision;
  /** Tables that blocks of the same kind share. */
  readonly shared: Map<string, Tensor>;
}

/** norm_layer and LayerNorm2d of the official encoder. */
const EPSILON = 1e-6;

/** A tensor of the image encoder, or as many of its elements as `shape` holds from `start` on (see `weight`). */
export async function encoderWeight(
  { graph, checkpoint }: VitContext,
  name: string,
  shape?: readonly number[],
  start?: number,
): Promise<Tensor> {
  return weight(graph, checkpoint, `image_encoder.${name}`, shape, start);
}

/** Normalises the channels of x [..., channels]. */
export async function encoderNorm(context: VitContext, x: Tensor, name: string): Promise<Tensor> {
  const scale = await encoderWeight(context, `${name}.weight`);
  return layerNorm(context.graph, x, scale, await encoderWeight(context, `${name}.bias`), EPSILON);
}

/** The table of that name, made when first asked for. */
export function sharedTable({ shared }: VitContext, key: string, make: () => Tensor): Tensor {
  const table = shared.get(key) ?? make();
  shared.set(key, table);
  return table;
}
