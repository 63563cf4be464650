import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { Precision } from '../execution.js';
import type { Family, VitShape } from '../families/family.js';
import { encoderNeck } from './encoder-neck.js';
import type { GraphBuilder, Tensor } from './graph-builder.js';
import type { EncoderOutput } from './image-preparation.js';
import { add, gemm, reshape, transpose } from './ops.js';
import { vitBlock } from './vit-block.js';
import { encoderWeight, type VitContext } from './vit-context.js';

/** 8 MiB, which stay in a CPU's cache; smaller pieces gain nothing and their many nodes delay the session's start. */
const SCORES_AT_ONCE = 2 * 1024 * 1024;

/** A family whose encoder is SAM's ViT. */
export type VitFamily = Family & { readonly encoder: VitShape };

export interface VitOptions {
  /** How many attention scores are computed at a time in the global blocks. */
  readonly scoresAtOnce?: number;
  /** Of the projections and perceptrons of the blocks. */
  readonly precision?: Precision;
}

/**
 * Writes the image encoder of SAM ViT-B/L/H (paper, appendix A; ImageEncoderViT of image_encoder.py), the same arithmetic
 * regrouped. Float32 weights stay in the checkpoint's file, whose folder the session is told.
 *
 * @param image float32 [1, 3, imageSize, imageSize], normalised (see `authorImageInput`)
 * @returns the embedding [1, channels, gridSize, gridSize] and, for HQ-SAM, the output of the first global block
 *   [1, gridSize, gridSize, embedDim]
 */
export async function authorVitEncoder(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  { encoder, gridSize, hq }: VitFamily,
  image: Tensor,
  { scoresAtOnce = SCORES_AT_ONCE, precision = 'fp32' }: VitOptions = {},
): Promise<EncoderOutput> {
  const context: VitContext = {
    graph,
    checkpoint,
    shape: encoder,
    gridSize,
    scoresAtOnce,
    precision,
    shared: new Map(),
  };
  let tokens = await embedPatches(context, image);
  let intermediate: Tensor | null = null;
  for (let index = 0; index < encoder.depth; index++) {
    tokens = await vitBlock(context, tokens, index);
    if (hq && index === encoder.globalBlocks[0]) {
      intermediate = reshape(graph, tokens, [1, gridSize, gridSize, encoder.embedDim]);
    }
  }
  return { embedding: await encoderNeck(context, tokens), intermediate };
}

/** Patches and their places as tokens [patches, embedDim]; the convolution by whole patches is one matrix product. */
async function embedPatches(context: VitContext, image: Tensor): Promise<Tensor> {
  const { graph, shape, gridSize } = context;
  const { patchSize, embedDim } = shape;
  const patches = gridSize * gridSize;
  const cut = reshape(graph, image, [3, gridSize, patchSize, gridSize, patchSize]);
  const pixels = 3 * patchSize * patchSize;
  const flat = reshape(graph, transpose(graph, cut, [1, 3, 0, 2, 4]), [patches, pixels]);
  const weight = await encoderWeight(context, 'patch_embed.proj.weight', [embedDim, pixels]);
  const tokens = gemm(graph, flat, weight, await encoderWeight(context, 'patch_embed.proj.bias'));
  return add(graph, tokens, await encoderWeight(context, 'pos_embed', [patches, embedDim]));
}
