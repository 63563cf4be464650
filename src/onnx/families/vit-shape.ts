import type { VitShape } from './family.js';
import { checkShapes, type CheckpointIndex, countLayers, sizeIn, unsupported } from './state-dict-check.js';

const ENCODER = 'image_encoder.';

/** True when the state dict's image encoder is SAM's ViT: a patch grid and blocks with relative positions. */
export function hasVit({ tensors }: CheckpointIndex): boolean {
  return tensors.has(`${ENCODER}pos_embed`) && tensors.has(`${ENCODER}blocks.0.attn.rel_pos_h`);
}

/**
 * The encoder of SAM ViT-B/L/H (segment_anything/modeling/image_encoder.py) as its shapes show it, with the names of
 * all its tensors. Throws CHECKPOINT_UNSUPPORTED where a shape does not fit the others.
 */
export function vitShapeOf(checkpoint: CheckpointIndex): {
  readonly encoder: VitShape;
  readonly gridSize: number;
  readonly names: ReadonlySet<string>;
} {
  const gridSize = sizeIn(checkpoint, `${ENCODER}pos_embed`, 1);
  const embedDim = sizeIn(checkpoint, `${ENCODER}pos_embed`, 3);
  const headDim = sizeIn(checkpoint, `${ENCODER}blocks.0.attn.rel_pos_h`, 1);
  const depth = countLayers(checkpoint, `${ENCODER}blocks.`);
  if (embedDim % headDim !== 0) {
    throw unsupported(`${ENCODER}blocks.0.attn.rel_pos_h`, `a divisor of ${embedDim}`, String(headDim));
  }
  const sides = Array.from({ length: depth }, (_, block) => attentionSide(checkpoint, block));
  const encoder: VitShape = {
    kind: 'vit',
    embedDim,
    depth,
    heads: embedDim / headDim,
    patchSize: sizeIn(checkpoint, `${ENCODER}patch_embed.proj.weight`, 2),
    windowSize: sides.find((side) => side !== gridSize) ?? gridSize,
    globalBlocks: [...sides.keys()].filter((block) => sides[block] === gridSize),
  };
  const expected = tensorsOf(encoder, gridSize, {
    hidden: sizeIn(checkpoint, `${ENCODER}blocks.0.mlp.lin1.weight`, 0),
    channels: sizeIn(checkpoint, `${ENCODER}neck.0.weight`, 0),
  });
  checkShapes(checkpoint, expected);
  return { encoder, gridSize, names: new Set(expected.keys()) };
}

/** Side of the square of patches that a block attends within: 2·side − 1 relative positions are stored. */
function attentionSide(checkpoint: CheckpointIndex, block: number): number {
  const name = `${ENCODER}blocks.${block}.attn.rel_pos_h`;
  const positions = sizeIn(checkpoint, name, 0);
  if (positions % 2 === 0) throw unsupported(name, 'an odd number of positions', String(positions));
  return (positions + 1) / 2;
}

function tensorsOf(
  { embedDim: dim, depth, heads, patchSize, windowSize, globalBlocks }: VitShape,
  gridSize: number,
  { hidden, channels }: { readonly hidden: number; readonly channels: number },
): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const tensor = (name: string, ...shape: number[]): unknown => shapes.set(`${ENCODER}${name}`, shape);
  const affine = (name: string, ...shape: [number, ...number[]]): void => {
    tensor(`${name}.weight`, ...shape);
    tensor(`${name}.bias`, shape[0]);
  };
  tensor('pos_embed', 1, gridSize, gridSize, dim);
  affine('patch_embed.proj', dim, 3, patchSize, patchSize);
  for (let block = 0; block < depth; block++) {
    const positions = 2 * (globalBlocks.includes(block) ? gridSize : windowSize) - 1;
    tensor(`blocks.${block}.attn.rel_pos_h`, positions, dim / heads);
    tensor(`blocks.${block}.attn.rel_pos_w`, positions, dim / heads);
    affine(`blocks.${block}.norm1`, dim);
    affine(`blocks.${block}.attn.qkv`, 3 * dim, dim);
    affine(`blocks.${block}.attn.proj`, dim, dim);
    affine(`blocks.${block}.norm2`, dim);
    affine(`blocks.${block}.mlp.lin1`, hidden, dim);
    affine(`blocks.${block}.mlp.lin2`, dim, hidden);
  }
  tensor('neck.0.weight', channels, dim, 1, 1);
  affine('neck.1', channels);
  tensor('neck.2.weight', channels, channels, 3, 3);
  affine('neck.3', channels);
  return shapes;
}
