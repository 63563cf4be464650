import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { Family, TinyVitShape } from '../families/family.js';
import { encoderNeck } from './encoder-neck.js';
import type { GraphBuilder, Tensor } from './graph-builder.js';
import type { EncoderOutput } from './image-preparation.js';
import { reshape } from './ops.js';
import { tinyVitBlock } from './tiny-vit-block.js';
import type { Grid, NumbersAtOnce, TinyVitContext } from './tiny-vit-context.js';
import { convolutionBlock, embedPatches, merge, toPlanes, toTokens } from './tiny-vit-convolutions.js';

/** A family whose encoder is MobileSAM's TinyViT. */
export type TinyVitFamily = Family & { readonly encoder: TinyVitShape };

/** Two convolutions of stride 2 come before the first stage. */
const PATCH_SIDE = 4;

/** 2 and 4 MiB: smaller pieces gain nothing, and every piece of a perceptron has its own packed copy of the weights. */
const AT_ONCE: NumbersAtOnce = { scores: 512 * 1024, hidden: 1024 * 1024 };

/**
 * Writes the image encoder of MobileSAM and of HQ-SAM's tiny model (TinyViT paper, section 3.3; class TinyViT of
 * tiny_vit_sam.py), with the batch normalisations folded into the convolutions. Float32 weights that are used as they are
 * stay in the checkpoint's file, whose folder the session is told.
 *
 * @param image float32 [1, 3, imageSize, imageSize], normalised (see `authorImageInput`)
 * @param atOnce into what pieces blocks are cut; any gives the same result
 * @returns the embedding [1, channels, gridSize, gridSize] and, for HQ-SAM, what the first attention stage hands to the
 *   second (merged: the official code takes it there), [1, gridSize, gridSize, width of the second]
 */
export async function authorTinyVitEncoder(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  { encoder, imageSize, gridSize, hq }: TinyVitFamily,
  image: Tensor,
  atOnce = AT_ONCE,
): Promise<EncoderOutput> {
  const context: TinyVitContext = { graph, checkpoint, shared: new Map(), atOnce };
  const { embedDims, depths } = encoder;
  let grid: Grid = { side: imageSize / PATCH_SIDE, width: embedDims[0] ?? 1 };
  let planes = await embedPatches(context, image);
  for (let block = 0; block < (depths[0] ?? 0); block++) {
    planes = await convolutionBlock(context, planes, `layers.0.blocks.${block}`);
  }
  let tokens: Tensor = '';
  let intermediate: Tensor | null = null;
  for (let stage = 1; stage < embedDims.length; stage++) {
    // The last merging keeps the resolution, where TinyViT for images of 224 pixels halved it.
    const stride = stage < 3 ? 2 : 1;
    const merged = await merge(context, planes, `layers.${stage - 1}.downsample`, stride);
    grid = { side: grid.side / stride, width: embedDims[stage] ?? 1 };
    tokens = toTokens(context, merged, grid);
    if (hq && stage === 2) intermediate = reshape(graph, tokens, [1, grid.side, grid.side, grid.width]);
    tokens = await attentionStage(context, encoder, tokens, stage, grid);
    planes = toPlanes(context, tokens, grid);
  }
  return {
    embedding: await encoderNeck({ graph, checkpoint, gridSize }, tokens),
    intermediate,
  };
}

/** The blocks of a stage, x [side², width] → the same shape. */
async function attentionStage(
  context: TinyVitContext,
  { depths, heads, windowSizes }: TinyVitShape,
  x: Tensor,
  stage: number,
  grid: Grid,
): Promise<Tensor> {
  const attention = { grid, heads: heads[stage] ?? 1, windowSide: windowSizes[stage] ?? 1 };
  let tokens = x;
  for (let block = 0; block < (depths[stage] ?? 0); block++) {
    tokens = await tinyVitBlock(context, tokens, `layers.${stage}.blocks.${block}`, attention);
  }
  return tokens;
}
