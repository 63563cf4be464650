import type { TinyVitShape } from './family.js';
import { type CheckpointIndex, sizeIn } from './state-dict-check.js';

const ENCODER = 'image_encoder.';

/** The tensors that a TinyViT of that shape is computed from (tiny_vit_sam.py), with their shapes. */
export function tinyVitTensors(
  checkpoint: CheckpointIndex,
  { embedDims, depths, heads, windowSizes }: TinyVitShape,
): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const tensor = (name: string, ...shape: number[]): unknown => shapes.set(`${ENCODER}${name}`, shape);
  const affine = (name: string, ...shape: [number, ...number[]]): void => {
    tensor(`${name}.weight`, ...shape);
    tensor(`${name}.bias`, shape[0]);
  };
  const convolution = (name: string, outputs: number, inputs: number, kernel: number): void => {
    tensor(`${name}.c.weight`, outputs, inputs, kernel, kernel);
    affine(`${name}.bn`, outputs);
    tensor(`${name}.bn.running_mean`, outputs);
    tensor(`${name}.bn.running_var`, outputs);
  };
  /** 1×1 to another width, 3×3 within each channel, 1×1 to a third width. */
  const bottleneck = (name: string, inputs: number, middle: number, outputs: number): void => {
    convolution(`${name}.conv1`, middle, inputs, 1);
    convolution(`${name}.conv2`, middle, 1, 3);
    convolution(`${name}.conv3`, outputs, middle, 1);
  };
  const block = (name: string, stage: number, width: number): void => {
    const hidden = sizeIn(checkpoint, `${ENCODER}${name}.mlp.fc1.weight`, 0);
    tensor(`${name}.attn.attention_biases`, heads[stage] ?? 0, (windowSizes[stage] ?? 0) ** 2);
    affine(`${name}.attn.norm`, width);
    affine(`${name}.attn.qkv`, 3 * width, width);
    affine(`${name}.attn.proj`, width, width);
    convolution(`${name}.local_conv`, width, 1, 3);
    affine(`${name}.mlp.norm`, width);
    affine(`${name}.mlp.fc1`, hidden, width);
    affine(`${name}.mlp.fc2`, width, hidden);
  };

  const stem = sizeIn(checkpoint, `${ENCODER}patch_embed.seq.0.c.weight`, 0);
  convolution('patch_embed.seq.0', stem, 3, 3);
  convolution('patch_embed.seq.2', embedDims[0] ?? 0, stem, 3);
  for (const [stage, width] of embedDims.entries()) {
    for (let index = 0; index < (depths[stage] ?? 0); index++) {
      const name = `layers.${stage}.blocks.${index}`;
      if (stage > 0) block(name, stage, width);
      else bottleneck(name, width, sizeIn(checkpoint, `${ENCODER}${name}.conv1.c.weight`, 0), width);
    }
    const next = embedDims[stage + 1];
    if (next !== undefined) bottleneck(`layers.${stage}.downsample`, width, next, next);
  }
  const channels = sizeIn(checkpoint, `${ENCODER}neck.0.weight`, 0);
  tensor('neck.0.weight', channels, embedDims.at(-1) ?? 0, 1, 1);
  affine('neck.1', channels);
  tensor('neck.2.weight', channels, channels, 3, 3);
  affine('neck.3', channels);
  return shapes;
}
