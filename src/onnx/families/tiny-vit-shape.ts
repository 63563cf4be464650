import type { TinyVitShape } from './family.js';
import { checkShapes, type CheckpointIndex, countLayers, sizeIn, unsupported } from './state-dict-check.js';
import { tinyVitTensors } from './tiny-vit-tensors.js';

const ENCODER = 'image_encoder.';

/** In SAM every stage after the third keeps its resolution, so the embedding is always this much smaller. */
export const TINY_VIT_REDUCTION = 16;

/** A convolution with batch normalisation, as TinyViT names it. */
const CONVOLUTION = '(c\\.weight|bn\\.(weight|bias|running_mean|running_var|num_batches_tracked))';

/** Everything MobileSAM's encoder holds; the classifier head and the index tables are carried along unused. */
const NAMES = new RegExp(
  `^image_encoder\\.(${[
    `patch_embed\\.seq\\.[02]\\.${CONVOLUTION}`,
    `layers\\.0\\.blocks\\.\\d+\\.conv[123]\\.${CONVOLUTION}`,
    `layers\\.\\d+\\.downsample\\.conv[123]\\.${CONVOLUTION}`,
    'layers\\.\\d+\\.blocks\\.\\d+\\.attn\\.(attention_biases|attention_bias_idxs|ab)',
    'layers\\.\\d+\\.blocks\\.\\d+\\.(attn\\.(norm|qkv|proj)|mlp\\.(norm|fc1|fc2))\\.(weight|bias)',
    `layers\\.\\d+\\.blocks\\.\\d+\\.local_conv\\.${CONVOLUTION}`,
    '(norm_head|head)\\.(weight|bias)',
    'neck\\.[0-3]\\.(weight|bias)',
  ].join('|')})$`,
);

/** True when the state dict's image encoder is MobileSAM's TinyViT. */
export function hasTinyVit({ tensors }: CheckpointIndex): boolean {
  return (
    tensors.has(`${ENCODER}patch_embed.seq.0.c.weight`) &&
    tensors.has(`${ENCODER}layers.1.blocks.0.attn.attention_biases`)
  );
}

/** Whether a tensor of that name belongs to MobileSAM's encoder. */
export function isTinyVitName(name: string): boolean {
  return NAMES.test(name);
}

/** Stages of every published TinyViT; which of them reduce the resolution depends on it. */
const STAGES = 4;

/**
 * The encoder of MobileSAM (mobile_sam/modeling/tiny_vit_sam.py) as its shapes show it. Throws CHECKPOINT_UNSUPPORTED
 * where a shape does not fit the others.
 */
export function tinyVitShapeOf(checkpoint: CheckpointIndex): TinyVitShape {
  const stages = countLayers(checkpoint, `${ENCODER}layers.`);
  if (stages !== STAGES) {
    throw unsupported(`${ENCODER}layers`, `${STAGES} stages of TinyViT`, String(stages));
  }
  const later = Array.from({ length: stages - 1 }, (_, index) => `${ENCODER}layers.${index + 1}.blocks.`);
  const first = `${ENCODER}layers.0.blocks.`;
  const shape: TinyVitShape = {
    kind: 'tiny-vit',
    embedDims: [
      sizeIn(checkpoint, `${first}0.conv1.c.weight`, 1),
      ...later.map((blocks) => sizeIn(checkpoint, `${blocks}0.attn.norm.weight`, 0)),
    ],
    depths: [first, ...later].map((blocks) => countLayers(checkpoint, blocks)),
    heads: [0, ...later.map((blocks) => sizeIn(checkpoint, `${blocks}0.attn.attention_biases`, 0))],
    windowSizes: [0, ...later.map((blocks) => windowSide(checkpoint, `${blocks}0.attn.attention_biases`))],
  };
  checkShapes(checkpoint, tinyVitTensors(checkpoint, shape));
  return shape;
}

/** One bias is stored for each |Δy|, |Δx| within a window, so their number is the window's area. */
function windowSide(checkpoint: CheckpointIndex, name: string): number {
  const offsets = sizeIn(checkpoint, name, 1);
  const side = Math.sqrt(offsets);
  if (!Number.isInteger(side)) throw unsupported(name, 'a square number of offsets', String(offsets));
  return side;
}
