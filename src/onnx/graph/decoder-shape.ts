import type { DecoderWeights } from './decoder-weights.js';

/** What the decoder has to know of the encoder it belongs to; the rest is in its own tensors. */
export interface DecoderFamily {
  /** Side of the square, padded input image, in pixels. */
  readonly imageSize: number;
  /** Side of the embedding, in positions. */
  readonly gridSize: number;
  /** Whether the checkpoint has the tensors of HQ-SAM. */
  readonly hq: boolean;
}

/** The sizes of a mask decoder. In brackets those of SAM's published checkpoints. */
export interface DecoderShape extends DecoderFamily {
  /** Positions of the embedding, row-major [4096]. */
  readonly positions: number;
  /** Width of tokens and of the embedding [256]. */
  readonly channels: number;
  readonly heads: number;
  /** Width of the attentions between tokens and image [128]. */
  readonly attentionWidth: number;
  /** Blocks of the two-way transformer [2]. */
  readonly depth: number;
  /** Candidate masks [4]. */
  readonly candidates: number;
  /** Learned tokens that come before the prompt's: IoU, masks, and HQ-SAM's [5 or 6]. */
  readonly outputTokens: number;
  /** Channels of the upscaled embedding [32]. */
  readonly maskChannels: number;
  /** Inputs of the IoU head's last layer [256]. */
  readonly iouFeatures: number;
  /** Side of the mask input and of the low-res masks [256]. */
  readonly maskSize: number;
}

/** The one figure that the state dict does not show; all SAM models have this (build_sam.py). */
const HEADS = 8;

/** Each position of the embedding becomes 4×4 pixels of a low-res mask (two upscalings by 2). */
export const UPSCALING = 4;

export function decoderShape(weights: DecoderWeights, family: DecoderFamily): DecoderShape {
  const { imageSize, gridSize, hq } = family;
  const size = (name: string, axis: number): number => weights.get(name).shape[axis] ?? 1;
  const candidates = size('mask_decoder.mask_tokens.weight', 0);
  const transformer = 'mask_decoder.transformer.layers';
  return {
    imageSize,
    gridSize,
    hq,
    positions: gridSize * gridSize,
    channels: size('mask_decoder.iou_token.weight', 1),
    heads: HEADS,
    attentionWidth: size(`${transformer}.0.cross_attn_token_to_image.q_proj.weight`, 0),
    depth: countNumbered(weights, transformer, 'norm1.weight'),
    candidates,
    outputTokens: 1 + candidates + (hq ? 1 : 0),
    maskChannels: size('mask_decoder.output_upscaling.3.weight', 1),
    iouFeatures: size(lastIouLayer(weights), 1),
    maskSize: gridSize * UPSCALING,
  };
}

/** How many of `<list>.0.<member>`, `<list>.1.<member>`, … the checkpoint has. */
export function countNumbered(weights: DecoderWeights, list: string, member: string): number {
  let count = 0;
  while (weights.has(`${list}.${count}.${member}`)) count++;
  return count;
}

function lastIouLayer(weights: DecoderWeights): string {
  const layers = 'mask_decoder.iou_prediction_head.layers';
  return `${layers}.${Math.max(0, countNumbered(weights, layers, 'weight') - 1)}.weight`;
}
